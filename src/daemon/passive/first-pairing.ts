import type { Difference } from '../../changes/difference.ts';
import type { ProblemData } from '../../problems/problem.ts';

/** What the preview of a first pairing found on the passive server. */
export interface Preview {
  /** Items whose content or attributes would be replaced. */
  replaced: number;
  /** Items the active server does not have. */
  orphans: number;
  /** Of those to be replaced: changed later here than on the active server. */
  newer: number;
}

/** Paths shown as evidence. */
const EVIDENCE_MAX = 20;

/**
 * Stands between a passive server that already holds data and the first change to it. Open until
 * an operator confirms, or until the preview shows that nothing would be lost.
 */
export class FirstPairing {
  #open: boolean;
  readonly #adopt: () => void;
  #preview: Preview = { replaced: 0, orphans: 0, newer: 0 };
  #evidence: string[] = [];
  #nothingToLose = false;
  #hasEnded = false;

  /** @param adopt - makes durable that the passive's content may be replaced from now on. */
  constructor(options: { open: boolean; adopt: () => void }) {
    this.#open = options.open;
    this.#adopt = options.adopt;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get preview(): Readonly<Preview> {
    return this.#preview;
  }

  get evidence(): readonly string[] {
    return this.#evidence;
  }

  /** Did a preview tell all there is to tell? */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** A preview begins: forget what an earlier one found. */
  begin(): void {
    this.#hasEnded = false;
    this.#nothingToLose = false;
    this.#preview = { replaced: 0, orphans: 0, newer: 0 };
    this.#evidence = [];
  }

  /** What is only on the active server replaces nothing; neither do mode, owner and times of a folder that both have. */
  found(difference: Difference, path: string, isNewer: boolean): void {
    if (difference.kind === 'missing' || isOfFolder(difference)) return;
    if (difference.kind === 'orphan') this.#preview.orphans++;
    else this.#preview.replaced++;
    if (isNewer) this.#preview.newer++;
    if (this.#evidence.length < EVIDENCE_MAX) {
      const what = difference.kind === 'orphan' ? 'only here' : `would be replaced${isNewer ? ', newer here' : ''}`;
      this.#evidence.push(`${path}: ${what}`);
    }
  }

  /**
   * The preview is through.
   * @param finished - false where it left something out: then it can't say that nothing would be lost.
   * @returns the problem to show, or null where there is nothing to ask.
   */
  end(where: { folder: string; source: string; target: string }, finished: boolean): ProblemData | null {
    const { replaced, orphans, newer } = this.#preview;
    const isNothing = replaced + orphans === 0;
    this.#nothingToLose = isNothing && finished;
    this.#hasEnded = finished || !isNothing;
    if (isNothing) return null;
    return { code: 'APL-003', parameters: { ...where, replaced, orphans, newer } };
  }

  /** Did the preview show that nothing would be lost? Then nobody has to be asked. */
  get nothingToLose(): boolean {
    return this.#open && this.#nothingToLose;
  }

  /** @returns false when there was nothing to confirm. */
  confirm(): boolean {
    if (!this.#open) return false;
    this.#adopt();
    this.#open = false;
    return true;
  }
}

/** Of a folder's own attributes: what is in it is told item by item. */
function isOfFolder(difference: Difference): boolean {
  return difference.kind === 'attributes' && (difference.entry === null || difference.entry.type === 'folder');
}
