import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import type { ProblemCode, ProblemData, ProblemParameters } from '../problems/problem.ts';

/** Notices were dropped; a protected folder came or is another one; an item could not be settled. */
export type LostReason = 'overflow' | 'folder' | 'unsettled';

/** Where capture tells what it met. Called from within `step`, `onNotices` and `look`; must not call back. */
export interface CaptureReport {
  /** @param item - protected path; null where no single item is meant. Told once until cleared. */
  problem(data: ProblemData, item: ByteString | null): void;
  cleared(code: ProblemCode, item: ByteString | null): void;
  /** Changes may have been missed: everything protected must be checked. */
  lost(reason: LostReason): void;
}

/** Items a problem is told of one by one; beyond that it is the same news again. */
const ITEMS_MAX = 1000;

/** What is wrong now, so that each problem is told once and cleared once. */
export class Troubles {
  readonly #report: CaptureReport;
  readonly #codes = new Map<ByteString | null, Set<ProblemCode>>();

  constructor(report: CaptureReport) {
    this.#report = report;
  }

  raise<Code extends ProblemCode>(code: Code, item: ByteString | null, parameters: ProblemParameters<Code>): void {
    const codes = this.#codes.get(item);
    if (codes?.has(code) === true) return;
    if (codes === undefined) {
      if (this.#codes.size >= ITEMS_MAX) return;
      this.#codes.set(item, new Set([code]));
    } else {
      codes.add(code);
    }
    this.#report.problem({ code, parameters: parameters as Readonly<Record<string, string | number>> }, item);
  }

  /** Raises a problem about the item that its own path names first. */
  raiseForPath(code: 'CAP-001' | 'CAP-002', path: ByteString, reason: string): void {
    this.raise(code, path, { path: toDisplay(path), reason });
  }

  clear(code: ProblemCode, item: ByteString | null): void {
    const codes = this.#codes.get(item);
    if (codes?.delete(code) !== true) return;
    if (codes.size === 0) this.#codes.delete(item);
    this.#report.cleared(code, item);
  }

  /** The item is well, or gone. */
  settle(item: ByteString): void {
    if (this.#codes.size === 0) return;
    for (const code of this.#codes.get(item) ?? []) this.clear(code, item);
  }

  /** Tells something that is over as soon as it is told. */
  tellLost(reason: LostReason): void {
    this.#report.lost(reason);
  }

  has(code: ProblemCode, item: ByteString | null): boolean {
    return this.#codes.get(item)?.has(code) === true;
  }
}
