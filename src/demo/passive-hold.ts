import { formatMoment } from '../kernel/moment-text.ts';
import type { Cancel } from '../kernel/clock.ts';
import { systemClock } from '../system/machine/clock.ts';
import { lockFile } from '../system/files/file-lock.ts';
import { trialFiles } from '../system/files/trial-files.ts';
import type { DemoPair } from './demo-pair.ts';
import { PROTECTED_FOLDER } from './demo-server.ts';
import { HELD_FILE } from './first-goods.ts';

/** What tells that a file of the passive is in use. */
const FINDING_CODE = 'N29';

/** An application on the passive server has a file locked that changes on the active one. */
export class PassiveHold {
  /** As findings name it. */
  readonly path = `${PROTECTED_FOLDER}/${HELD_FILE}`;
  readonly #pair: DemoPair;
  readonly #release: Cancel;

  /** @throws NodeJS.ErrnoException ENOENT where the file is not on the passive yet. */
  constructor(pair: DemoPair) {
    this.#pair = pair;
    this.#release = lockFile(pair.passive.shop(HELD_FILE));
    const when = formatMoment(new Date(systemClock.wallMs()).toISOString());
    trialFiles.append(pair.active.shop(HELD_FILE), `Changed on the active server at ${when}.\n`);
  }

  /** May be called again. */
  release(): void {
    this.#release();
  }

  /** Both servers hold the same content. */
  isUpdated(): boolean {
    return this.#pair.isSame(HELD_FILE);
  }

  /** What the passive's daemon says about it; null where it has said nothing. */
  async told(): Promise<string | null> {
    const cause = await this.#pair.passive.knownOf(FINDING_CODE, this.path);
    return cause === null ? null : `[${FINDING_CODE}] ${cause}`;
  }
}
