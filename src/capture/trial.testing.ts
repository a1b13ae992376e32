import { attributesOf } from '../changes/node-facts.ts';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { xxh64 } from '@node-rs/xxhash';
import { fromLatin1, fromText } from '../kernel/byte-string.ts';
import type { NoticeSource } from '../kernel/notices.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import type { ProblemData } from '../problems/problem.ts';
import type { Change, FiltersChange, FolderStateChange } from '../changes/change.ts';
import { NodeTree } from '../changes/node-tree.ts';
import { nodeTypeOf } from '../changes/node-type.ts';
import { ChangingSet } from '../changes/changing-set.ts';
import { openFanotify } from '../system/notices/fanotify.ts';
import { NodeFiles } from '../system/files/files.ts';
import { openInotify } from '../system/notices/inotify.ts';
import { Capture } from './capture.ts';
import { Copy, line } from './replay.testing.ts';
import { Stat } from '../kernel/files.ts';

/** Capture of a temporary folder `/set`, with a copy in memory that follows it. */
export class Trial {
  /** On this machine; `/set` is below it. */
  readonly base: string;
  /** Real path of `/set`. */
  readonly root: string;
  readonly files = new NodeFiles();
  readonly notices: NoticeSource;
  readonly tree = new NodeTree();
  readonly copy = new Copy();
  readonly capture: Capture;
  readonly problems: { data: ProblemData; item: string | null }[] = [];
  readonly cleared: string[] = [];
  readonly lost: string[] = [];
  readonly changes: Change[] = [];
  /** What was told of the protected folder itself. */
  readonly states: FolderStateChange[] = [];
  /** What was told to be protected. */
  readonly filters: FiltersChange[] = [];
  readonly #set;
  #aheadMs = 0;

  constructor(
    kind: NoticeSource['kind'],
    patterns: { include?: string[]; exclude?: string[] } = {},
    wrap: (source: NoticeSource) => NoticeSource = (source) => source,
  ) {
    this.base = mkdtempSync(join(tmpdir(), 'capture-'));
    this.root = join(this.base, 'set');
    mkdirSync(this.root);
    this.notices = wrap(kind === 'fanotify' ? openFanotify([fromText(this.base)]) : openInotify());
    this.#set = new ChangingSet({
      include: (patterns.include ?? ['/set/**']).map(fromText),
      exclude: (patterns.exclude ?? []).map(fromText),
    });
    this.capture = new Capture({
      files: this.files,
      notices: this.notices,
      tree: this.tree,
      protectedSet: this.#set,
      base: fromText(this.base),
      clock: { monotonicMs: () => this.#now(), wallMs: () => 0 as WallMs },
      hash: xxh64,
      sink: {
        emit: (change) => {
          if (change.kind === 'folderState') return void this.states.push(change);
          if (change.kind === 'filters') return void this.filters.push(change);
          this.changes.push('content' in change ? { ...change, content: Buffer.from(change.content) } : change);
          this.copy.apply(change);
        },
      },
      report: {
        problem: (data, item) => this.problems.push({ data, item }),
        cleared: (code, item) => this.cleared.push(`${code} ${item}`),
        lost: (reason) => this.lost.push(reason),
      },
    });
  }

  /** Starts with what is there, and streams from then on. The copy gets the state by other means. */
  begin(): void {
    this.capture.start();
    this.settle();
    this.capture.beginStream();
    this.#seed();
  }

  /** Another stream goes on where this one was cut off. @param lose - takes from the copy what never arrived. */
  cutOff(lose: () => void): void {
    const before = new Map(this.copy.nodes);
    const roots = new Map(this.copy.roots);
    for (const { id } of roots.values()) this.copy.nodes.delete(id);
    this.capture.continueStream();
    for (const [id, node] of before) this.copy.nodes.set(id, node);
    for (const [folder, root] of roots) this.copy.roots.set(folder, root);
    lose();
  }

  /** Turns the crank until nothing is left to do. */
  settle(): void {
    for (let quiet = 0; quiet < 2; ) {
      this.capture.onNotices();
      const waitMs = this.capture.step(this.#now());
      this.copy.pull((request, into) => this.capture.readContent(request, into));
      quiet = this.capture.pending === 0 ? quiet + 1 : 0;
      if (quiet === 0 && waitMs > 0) pause(Math.min(waitMs, 5));
    }
  }

  /** Lets time pass for capture, with the machine at rest. */
  pass(ms: number): void {
    for (let turns = 0; turns < 2; turns += 1) {
      this.settle();
      this.#aheadMs += ms;
    }
    this.settle();
  }

  /** One turn, as if the worker had woken. */
  turn(): void {
    this.capture.onNotices();
    this.capture.step(this.#now());
    this.copy.pull((request, into) => this.capture.readContent(request, into));
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** What is on disk, as {@link Copy.lines} tells it. */
  lines(): string[] {
    const lines: string[] = [];
    const firsts = new Map<number, string>();
    const walk = (folder: string, shown: string): void => {
      for (const name of readdirSync(bytesOf(folder), { encoding: 'latin1' }).sort()) {
        const path = join(folder, name);
        const at = `${shown}/${name}`;
        const stat = this.#statOf(path);
        const type = nodeTypeOf(stat.mode);
        if (type === null || !this.#set.covers(fromLatin1(at), type === 'folder')) continue;
        const first = type === 'folder' ? at : (firsts.get(stat.inode) ?? at);
        firsts.set(stat.inode, first);
        const content =
          type === 'file' ? readFileSync(bytesOf(path)) : Buffer.from(type === 'symlink' ? readlinkSync(path) : '');
        lines.push(line(at, { type, attributes: attributesOf(stat), content }, first));
        if (type === 'folder') walk(path, at);
      }
    };
    walk(this.root, '/set');
    return lines;
  }

  close(): void {
    this.capture.close();
    this.notices.close();
    rmSync(this.base, { recursive: true, force: true });
  }

  #now(): MonotonicMs {
    return (performance.now() + this.#aheadMs) as MonotonicMs;
  }

  #statOf(path: string): Stat {
    const found = lstatSync(bytesOf(path), { bigint: true });
    const stat = new Stat();
    stat.inode = Number(found.ino);
    stat.mode = Number(found.mode);
    stat.uid = Number(found.uid);
    stat.gid = Number(found.gid);
    stat.mtimeSeconds = Number(found.mtimeNs / 1_000_000_000n);
    stat.mtimeNanoseconds = Number(found.mtimeNs % 1_000_000_000n);
    stat.extended = fromLatin1('');
    return stat;
  }

  /** Stands for the check: gives the copy what the tree holds at the beginning. */
  #seed(): void {
    for (const root of this.tree.roots) {
      const waiting = [root];
      for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
        for (const [name, node] of folder.children ?? []) {
          if (this.copy.nodes.has(node.id)) {
            this.copy.apply({ kind: 'link', node: node.id, parent: folder.id, name });
            continue;
          }
          const path = join(this.base, this.tree.pathOf(node) ?? '');
          const content =
            node.type === 'file' ? readFileSync(path) : Buffer.from(node.type === 'symlink' ? readlinkSync(path) : '');
          const attributes = attributesOf(this.#statOf(path));
          const { id, type, sizeBytes } = node;
          const kind = 'create';
          this.copy.apply({ kind, node: id, parent: folder.id, name, type, attributes, sizeBytes, content });
          if (type === 'folder') waiting.push(node);
        }
      }
    }
    this.copy.resetCounts();
    this.changes.length = 0;
  }
}

const CELL = new Int32Array(new SharedArrayBuffer(4));

function pause(ms: number): void {
  Atomics.wait(CELL, 0, 0, ms);
}

/** Paths here are byte strings. */
function bytesOf(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
