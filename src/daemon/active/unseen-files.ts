import { comparePositions, type NodeId, type Position } from '../../changes/change.ts';
import type { Node, NodeTree } from '../../changes/node-tree.ts';
import { type ByteString, toDisplay } from '../../kernel/byte-string.ts';
import { MIB, type MonotonicMs } from '../../kernel/units.ts';
import type { ProblemCode, ProblemData } from '../../problems/problem.ts';
import type { UnseenWriter } from '../../system/processes/unseen-writers.ts';
import { isSqliteIndex } from './sqlite-index.ts';
import type { FromStream } from '../stream/thread-messages.ts';

/** A file is looked at this often; … */
const LOOK_EVERY_MS = 5000;
/** … but large ones so seldom that all of them together are read no faster than this: 10 GiB every 9 minutes. */
const BYTES_PER_SECOND_MAX = 20 * MIB;
/** A file that is not known yet may be one that was made just now. */
const RESOLVE_EVERY_MS = 1000;

/**
 * `open`: somebody can change it unseen. `closed`: nobody can any more, and what was done before is to
 * be looked at once more. `looking`: that look is under way. A position: it is stated up to there.
 */
type Stage = 'open' | 'closed' | 'looking' | Position;

interface UnseenFile {
  node: Node;
  path: ByteString;
  told: ProblemData;
  evidence: string;
  /** SQLite makes it anew by itself: it counts for nothing. */
  isHarmless: boolean;
  /** Can it change without its times telling? */
  isMapped: boolean;
  stage: Stage;
  dueAt: number;
}

export interface UnseenFilesOptions {
  readonly tree: NodeTree;
  /** The node of a file on this machine; undefined where it is not protected, or not known yet. */
  readonly nodeOf: (file: UnseenWriter) => Node | undefined;
  /** Is it the file that was found, and not a later one that was given the same inode number? */
  readonly isSame: (node: Node, file: UnseenWriter) => boolean;
  readonly toMain: (message: FromStream) => void;
  /** Has a file looked at as after a notice: it is read where its times moved. */
  readonly mayHaveChanged: (node: Node) => void;
  /** States these files in full, one lot at a time. `ended` is told false where the stream began anew before the end. */
  readonly look: (nodes: readonly NodeId[], ended: (finished: boolean) => void) => void;
  /** Newest position of the stream. */
  readonly position: () => Position;
}

/**
 * Protected files that some process can change without a notice, by a mapping or by libaio. They count
 * as unchecked from when such a process is found until it is gone and the file was stated once more
 * and applied; meanwhile they are stated every few seconds, so that what is stored arrives.
 */
export class UnseenFiles {
  readonly #options: UnseenFilesOptions;
  readonly #files = new Map<NodeId, UnseenFile>();
  #writers: readonly UnseenWriter[] = [];
  #isKnown = true;
  #isLooking = false;
  #resolveAt = 0;
  #wasWhole = false;
  #hasSettled = false;

  constructor(options: UnseenFilesOptions) {
    this.#options = options;
    // What an earlier run of this worker told is told anew, or over.
    for (const code of ['CAP-009', 'CAP-010'] as const) options.toMain({ kind: 'clearedAll', code });
  }

  /** False while this machine is not looked over: nothing can be said of any file then. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Files that count as unchecked. */
  get count(): number {
    let count = 0;
    for (const file of this.#files.values()) if (!file.isHarmless) count += 1;
    return count;
  }

  /** Everybody who can write unseen, on the file systems of the protected folders; null: that is not known any more. */
  heard(writers: readonly UnseenWriter[] | null): void {
    this.#isKnown = writers !== null;
    if (writers === null) return;
    this.#writers = writers;
    this.#resolveAt = 0;
  }

  /** Paths that may differ from what the passive holds, once after each time that `applied` settled what was. */
  takeUnsettled(): readonly ByteString[] {
    if (!this.#hasSettled) return [];
    this.#hasSettled = false;
    return [...this.#files.values()].filter((file) => !file.isHarmless).map((file) => file.path);
  }

  /** The stream began anew: what was stated in the old one has to be stated again. */
  streamBegan(): void {
    for (const file of this.#files.values()) if (file.stage !== 'open') file.stage = 'closed';
  }

  /** Everything up to here is applied and checkpointed on the passive server. */
  applied(position: Position): void {
    this.#hasSettled = this.#files.size > 0;
    for (const [id, { stage }] of this.#files) {
      if (typeof stage === 'object' && comparePositions(position, stage) >= 0) this.#files.delete(id);
    }
  }

  /**
   * Asks for the looks that are due.
   * @param mayLook - false while the stream does not run, or the first check is not stated yet.
   * @param isWhole - false while the tree is being listed: it does not know yet all files that were heard of.
   * @returns milliseconds until it wants to be called again.
   */
  step(now: MonotonicMs, mayLook: boolean, isWhole: boolean): number {
    // At once, for a check may end before the next look is due, and say that all is well.
    if (isWhole && !this.#wasWhole) this.#resolveAt = 0;
    this.#wasWhole = isWhole;
    if (this.#writers.length === 0 && this.#files.size === 0) return Number.POSITIVE_INFINITY;
    if (now >= this.#resolveAt) {
      this.#resolveAt = now + RESOLVE_EVERY_MS;
      this.#resolve();
    }
    if (mayLook && !this.#isLooking) this.#look(now);
    return this.#resolveAt - now;
  }

  #look(now: MonotonicMs): void {
    const lot: NodeId[] = [];
    for (const [id, file] of this.#files) {
      if (file.isHarmless) continue;
      if (file.stage === 'closed') {
        file.stage = 'looking';
        lot.push(id);
      } else if (file.stage === 'open' && now >= file.dueAt) {
        const node = this.#options.tree.get(id);
        if (node !== undefined) this.#options.mayHaveChanged(node);
        if (file.isMapped) lot.push(id);
        file.dueAt = now + (file.isMapped ? this.#restMs(node?.sizeBytes ?? 0) : LOOK_EVERY_MS);
      }
    }
    if (lot.length === 0) return;
    this.#isLooking = true;
    this.#options.look(lot, (finished) => {
      this.#isLooking = false;
      for (const id of lot) {
        const file = this.#files.get(id);
        if (file?.stage === 'looking') file.stage = finished ? this.#options.position() : 'closed';
      }
    });
  }

  /** Each file has the same part in what may be read. */
  #restMs(sizeBytes: number): number {
    return Math.max(LOOK_EVERY_MS, ((sizeBytes * this.#files.size) / BYTES_PER_SECOND_MAX) * 1000);
  }

  /** Brings what is known of the files in line with what was heard. */
  #resolve(): void {
    const byNode = new Map<NodeId, { node: Node; writers: UnseenWriter[] }>();
    for (const writer of this.#writers) {
      const node = this.#options.nodeOf(writer);
      if (node?.type !== 'file' || !this.#isFound(node, writer)) continue;
      const found = byNode.get(node.id);
      if (found === undefined) byNode.set(node.id, { node, writers: [writer] });
      else found.writers.push(writer);
    }
    for (const [id, file] of this.#files) if (!byNode.has(id)) this.#closed(id, file);
    for (const [id, { node, writers }] of byNode) this.#opened(id, node, writers);
  }

  #isFound(node: Node, writer: UnseenWriter): boolean {
    const known = this.#files.get(node.id);
    return (known?.stage === 'open' && known.node === node) || this.#options.isSame(node, writer);
  }

  #opened(id: NodeId, node: Node, writers: readonly UnseenWriter[]): void {
    const path = this.#options.tree.pathOf(node);
    const [writer] = writers;
    if (path === null || writer === undefined) return;
    const isMapped = writers.some(({ by }) => by === 'mapping');
    const isHarmless = isSqliteIndex(node) && writers.every(({ by }) => by === 'mapping');
    const code: ProblemCode = isHarmless ? 'CAP-010' : 'CAP-009';
    const told = { code, parameters: { path: toDisplay(path), writer: nameOf(writer), way: sayWay(writer) } };
    const evidence = writers.map(sayEvidence).sort().join('\n');
    const before = this.#files.get(id);
    const dueAt = before?.stage === 'open' ? before.dueAt : 0;
    this.#files.set(id, { node, path, told, evidence, isHarmless, isMapped, stage: 'open', dueAt });
    if (before?.stage === 'open') {
      const isSame = before.path === path && before.told.code === code;
      if (isSame && before.evidence === evidence) return;
      if (!isSame) this.#clear(before);
    }
    this.#hasSettled = true;
    const item = toDisplay(path);
    this.#options.toMain({ kind: 'problem', problem: told, item, evidence: evidence.split('\n'), action: null });
  }

  #closed(id: NodeId, file: UnseenFile): void {
    const isProtected = this.#options.tree.get(id) !== undefined;
    if (file.stage === 'open') {
      this.#clear(file);
      file.stage = 'closed';
    }
    // What SQLite left behind at its end is a file as any other.
    file.isHarmless = false;
    if (!isProtected) this.#files.delete(id);
  }

  #clear(file: UnseenFile): void {
    this.#options.toMain({ kind: 'cleared', code: file.told.code, item: toDisplay(file.path) });
  }
}

function nameOf({ process }: UnseenWriter): string {
  const unit = process.unit === null ? '' : `, unit ${process.unit}`;
  return `${process.name} (process ${String(process.processId)}${unit})`;
}

function sayWay({ by }: UnseenWriter): string {
  return by === 'mapping' ? 'has it mapped into memory for writing' : 'writes asynchronously (libaio)';
}

function sayEvidence(writer: UnseenWriter): string {
  const direct = writer.direct ? ', opened with O_DIRECT' : '';
  const { commandLine } = writer.process;
  const said = `${nameOf(writer)} ${sayWay(writer)}${direct}${commandLine === '' ? '' : `: ${commandLine}`}`;
  return said.replaceAll('\n', ' ');
}
