import type { DemoPair } from './demo-pair.ts';
import { PROTECTED_FOLDER } from './demo-server.ts';
import { UNTOUCHED_FILE } from './first-goods.ts';
import { trialFiles } from '../system/files/trial-files.ts';

/** What tells that somebody else wrote to the passive's copy. */
const FINDING_CODE = 'APL-002';

/** Somebody changes a file on the passive server behind Understudy's back. */
export class PassiveEdit {
  /** As findings name it. */
  readonly path = `${PROTECTED_FOLDER}/${UNTOUCHED_FILE}`;
  readonly #pair: DemoPair;

  constructor(pair: DemoPair) {
    this.#pair = pair;
    trialFiles.append(pair.passive.shop(UNTOUCHED_FILE), 'This line was added on the passive server.\n');
  }

  /** Both servers hold the same content again. */
  isRepaired(): boolean {
    return this.#pair.isSame(UNTOUCHED_FILE);
  }

  /** What the passive's daemon says about it; null where it has said nothing. */
  async told(): Promise<string | null> {
    const cause = await this.#pair.passive.knownOf(FINDING_CODE, this.path);
    return cause === null ? null : `[${FINDING_CODE}] ${cause}`;
  }
}
