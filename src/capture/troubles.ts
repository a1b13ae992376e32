import { type ByteString, isWithin, toDisplay } from '../kernel/byte-string.ts';
import type { ProblemCode, ProblemData, ProblemParameters } from '../problems/problem.ts';

/** Notices, or records of operations, were dropped; a protected folder came or is another one; an item could not be settled. */
export type LostReason = 'overflow' | 'records' | 'folder' | 'unsettled';

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
  /** All items of CAP-002 with the reason, also those beyond what is told: none of them may pass for equal. */
  readonly #unreadable = new Map<ByteString, string>();

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
    if (code === 'CAP-002') this.#unreadable.set(path, reason);
    this.raise(code, path, { path: toDisplay(path), reason });
  }

  /** The item has extended attributes of these names, which are not carried; or has none any more. */
  leftOut(path: ByteString, names: readonly ByteString[]): void {
    if (names.length === 0) this.clear('CAP-013', path);
    else this.raise('CAP-013', path, { path: toDisplay(path), names: names.map(toDisplay).join(', ') });
  }

  clear(code: ProblemCode, item: ByteString | null): void {
    if (code === 'CAP-002' && item !== null) this.#unreadable.delete(item);
    const codes = this.#codes.get(item);
    if (codes?.delete(code) !== true) return;
    if (codes.size === 0) this.#codes.delete(item);
    this.#report.cleared(code, item);
  }

  /** The item is gone, with all that was in it. */
  settle(item: ByteString): void {
    if (this.isNone) return;
    for (const [path, codes] of this.#codes) {
      if (path !== null && isWithin(path, item)) for (const code of codes) this.clear(code, path);
    }
    for (const path of this.#unreadable.keys()) if (isWithin(path, item)) this.#unreadable.delete(path);
  }

  /** What is no item any more has no trouble. */
  settleAllBut(isItem: (path: ByteString) => boolean): void {
    for (const [path, codes] of this.#codes) {
      if (path !== null && !isItem(path)) for (const code of codes) this.clear(code, path);
    }
    for (const path of this.#unreadable.keys()) if (!isItem(path)) this.#unreadable.delete(path);
  }

  /**
   * What could not be read there still has not been, under its new name. It may also have been what has the former
   * name by now: that is over once somebody has looked there.
   */
  moved(from: ByteString, to: ByteString): void {
    for (const [path, reason] of [...this.#unreadable]) {
      if (!isWithin(path, from)) continue;
      if (path !== from) this.clear('CAP-002', path);
      this.raiseForPath('CAP-002', `${to}${path.slice(from.length)}` as ByteString, reason);
    }
  }

  get isNone(): boolean {
    return this.#codes.size === 0 && this.#unreadable.size === 0;
  }

  /** Items that are there and were not read, each with the reason. */
  get unreadable(): ReadonlyMap<ByteString, string> {
    return this.#unreadable;
  }

  /** Tells something that is over as soon as it is told. */
  tellLost(reason: LostReason): void {
    this.#report.lost(reason);
  }

  has(code: ProblemCode, item: ByteString | null): boolean {
    if (code === 'CAP-002' && item !== null) return this.#unreadable.has(item);
    return this.#codes.get(item)?.has(code) === true;
  }
}
