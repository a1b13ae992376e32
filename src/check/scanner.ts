import type { Change } from '../changes/change.ts';
import type { Node, NodeTree } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import type { Files } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { Problem } from '../problems/problem.ts';
import { ContentReader } from './content-reader.ts';
import { FolderDescriptors } from './folder-descriptors.ts';
import type { CheckProgress } from './progress.ts';
import { type CheckRequest, type Pass, type Scan, Slice } from './scan.ts';
import { isComplete, planScan } from './scan-plan.ts';
import { SiblingOrder } from './sibling-order.ts';

export interface ScannerOptions {
  readonly files: Files;
  /** What was captured; kept up to date by `look` and, between slices, by whoever captures. */
  readonly tree: NodeTree;
  readonly protectedSet: ProtectedSet;
  readonly base: ByteString;
  readonly hash: HashContent;
  /** Brings the tree up to date for one name, an empty one being the folder itself; what it finds changed must be emitted before it returns. */
  readonly look: (folder: Node, name: ByteString) => void;
  readonly emit: (change: Change) => void;
  readonly request: CheckRequest;
  /** Scratch space of at least INLINE_BYTES_MAX, starting at a page of memory for speed. */
  readonly buffer: Uint8Array;
  /** Told how much content is read, as it is. */
  readonly onRead?: (bytes: number) => void;
  /** Was as much read and stated as is allowed for now? It then goes on in a later slice. */
  readonly isSpent?: () => boolean;
  /**
   * Told CHK-004 of each item that exists here and can't be read. Nothing is stated about it, and the
   * check ends as not finished.
   */
  readonly problem?: (problem: Problem, item: ByteString) => void;
  /** Told of each item with extended attributes that are not carried. */
  readonly leftOut?: (path: ByteString, names: readonly ByteString[]) => void;
}

/**
 * The active server's half of a check: states, record by record, what the passive must hold. Works in
 * slices between which changes may be captured; a record always fits what the stream says before it.
 * Folders come top down, each before what is in it, the large files of a folder after its record.
 */
export class Scanner {
  readonly #scan: Scan;
  readonly #emit: (change: Change) => void;
  /** The next one last. Empty before the first slice. */
  readonly #passes: Pass[] = [];
  #state: 'waiting' | 'running' | 'done' = 'waiting';
  #itemsTotal = 0;
  #bytesTotal = 0;
  #unreadable = 0;

  constructor(options: ScannerOptions) {
    this.#emit = options.emit;
    this.#scan = {
      files: options.files,
      tree: options.tree,
      protectedSet: options.protectedSet,
      descriptors: new FolderDescriptors({ ...options, strict: true }),
      reader: new ContentReader(options),
      siblings: new SiblingOrder(),
      request: options.request,
      look: (folder, name) => {
        options.look(folder, name);
        this.#requireGoingOn();
      },
      emit: (change) => {
        options.emit(change);
        this.#requireGoingOn();
      },
      unreadable: (path, code) => {
        this.#unreadable += 1;
        options.problem?.(new Problem('CHK-004', { path: toDisplay(path), error: code }), path);
      },
      isSpent: options.isSpent ?? (() => false),
      leftOut: (path, names) => options.leftOut?.(path, names),
      itemsDone: 0,
      bytesDone: 0,
    };
  }

  get progress(): CheckProgress {
    const { itemsDone, bytesDone } = this.#scan;
    return {
      itemsDone,
      itemsTotal: Math.max(itemsDone, this.#itemsTotal),
      bytesDone,
      bytesTotal: Math.max(bytesDone, this.#bytesTotal),
    };
  }

  /**
   * Works for about `budgetMs`; one large range of 16 MiB, or the listing of one folder, is never cut.
   * @returns true when all is stated and the check's end emitted.
   */
  step(budgetMs: number, now: () => MonotonicMs): boolean {
    try {
      if (this.#state === 'waiting') this.#begin();
      return this.#goOn(new Slice(budgetMs, now, this.#scan.isSpent));
    } catch (error) {
      if (error instanceof GivenUp) return true;
      throw error;
    }
  }

  /** Gives the check up: its end goes out as not finished. Nothing where it is over, or never began. */
  cancel(): void {
    if (this.#state === 'running') this.#end(false);
    this.#state = 'done';
  }

  /** Gives the check up without a word: the stream it was stated into is void. */
  abandon(): void {
    this.#state = 'done';
    this.#passes.length = 0;
    this.#scan.descriptors.closeAll();
  }

  #goOn(slice: Slice): boolean {
    while (this.#state === 'running') {
      const pass = this.#passes.at(-1);
      if (pass === undefined) {
        this.#end(this.#unreadable === 0);
        break;
      }
      const next = pass.advance(slice);
      if (next === null) return false;
      this.#passes.pop();
      for (let index = next.length - 1; index >= 0; index -= 1) this.#passes.push(next[index] as Pass);
      if (slice.spend(0) && this.#passes.length > 0) return false;
    }
    return true;
  }

  /** What was stated may have overfilled the queue, and then the check was given up in the middle of a pass. */
  #requireGoingOn(): void {
    if (this.#state === 'done') throw new GivenUp();
  }

  #begin(): void {
    this.#state = 'running';
    const { request } = this.#scan;
    const plan = planScan(this.#scan);
    this.#itemsTotal = plan.itemsTotal;
    this.#bytesTotal = plan.bytesTotal;
    for (const pass of plan.passes.reverse()) this.#passes.push(pass);
    this.#scan.emit({
      kind: 'checkBegin',
      check: request.check,
      mode: request.mode,
      repair: request.repair,
      complete: isComplete(request),
      itemsTotal: plan.itemsTotal,
      bytesTotal: plan.bytesTotal,
    });
  }

  #end(finished: boolean): void {
    this.abandon();
    this.#emit({ kind: 'checkEnd', check: this.#scan.request.check, finished });
  }
}

/** Leads out of a pass whose check was given up meanwhile: its folders are closed. */
class GivenUp extends Error {}
