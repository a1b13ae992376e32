import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Change, FolderEntry } from '../../src/changes/change.ts';
import type { Difference } from '../../src/changes/difference.ts';
import { type Node, NodeTree } from '../../src/changes/node-tree.ts';
import { protectedSet } from '../../src/changes/protected-set.ts';
import type { CheckRequest } from '../../src/check/scan.ts';
import { Scanner } from '../../src/check/scanner.ts';
import { Verifier } from '../../src/check/verifier.ts';
import { type ByteString, fromLatin1, fromText } from '../../src/kernel/byte-string.ts';
import { type Files, Stat } from '../../src/kernel/files.ts';
import { OPEN } from '../../src/kernel/open-flags.ts';
import type { HashContent } from '../../src/kernel/hash.ts';
import { Problem } from '../../src/problems/problem.ts';
import type { MonotonicMs } from '../../src/kernel/units.ts';
import { NodeFiles } from '../../src/system/files/files.ts';
import { ShadowTree } from './shadow-tree.ts';
import { xxh64 } from '@node-rs/xxhash';

const hash: HashContent = (content) => xxh64(content);
/** Thousands of small files are made faster there than on a disk. */
const MEMORY = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
const FOLDER_TIME_SECONDS = 1_700_000_000;

/** What one check did on both sides. */
export interface Outcome {
  readonly changes: readonly Change[];
  readonly differences: readonly Difference[];
  /** Paths below the protected folder found equal, folders included. */
  readonly equal: readonly string[];
  /** Protected paths of the folders found equal in all their names and their own attributes. */
  readonly wholeFolders: readonly string[];
  /** Folders that could not be looked into. */
  readonly refused: readonly string[];
  /** Messages of the problems the scanner told. */
  readonly problems: readonly string[];
  readonly items: number;
  readonly bytes: number;
}

/** Two protected folders `/d` on one disk, a scanner over one and a verifier over the other. */
export class CheckRig {
  readonly top = fs.mkdtempSync(path.join(MEMORY, 'understudy-check-'));
  readonly active = path.join(this.top, 'active/d');
  readonly passive = path.join(this.top, 'passive/d');
  readonly files: Files = new NodeFiles();
  readonly activeTree = new NodeTree();
  readonly passiveTree = new NodeTree();
  readonly changes: Change[] = [];
  readonly shadow: ShadowTree;
  readonly #set: ReturnType<typeof protectedSet>;

  constructor(options: { exclude?: readonly string[] } = {}) {
    fs.mkdirSync(this.active, { recursive: true });
    fs.mkdirSync(this.passive, { recursive: true });
    this.#set = protectedSet({ include: [fromText('/d/**')], exclude: (options.exclude ?? []).map(fromText) });
    this.shadow = new ShadowTree({
      files: this.files,
      tree: this.activeTree,
      protectedSet: this.#set,
      base: fromText(path.join(this.top, 'active')),
      emit: (change) => this.#emit(change),
    });
  }

  remove(): void {
    fs.rmSync(this.top, { recursive: true });
  }

  /** The same file on both sides. Names are byte strings. */
  both(name: string, content: string | Uint8Array = name): void {
    for (const side of [this.active, this.passive]) this.write(side, name, content);
  }

  bothFolders(name: string): void {
    for (const side of [this.active, this.passive]) fs.mkdirSync(at(side, name), { recursive: true });
  }

  bothLinks(name: string, target: string): void {
    for (const side of [this.active, this.passive]) {
      fs.symlinkSync(target, at(side, name));
      fs.lutimesSync(at(side, name), FOLDER_TIME_SECONDS, FOLDER_TIME_SECONDS);
    }
  }

  write(side: string, name: string, content: string | Uint8Array): void {
    fs.writeFileSync(at(side, name), content);
    fs.utimesSync(at(side, name), FOLDER_TIME_SECONDS, FOLDER_TIME_SECONDS);
  }

  /** Gives all folders one time, and reads the active side in as capture would. */
  settle(): void {
    for (const side of [this.active, this.passive]) {
      const names = fs.readdirSync(at(side, ''), { recursive: true, withFileTypes: true, encoding: 'buffer' });
      for (const entry of names as unknown as { parentPath: Buffer; name: Buffer; isDirectory(): boolean }[]) {
        if (!entry.isDirectory()) continue;
        const whole = Buffer.concat([Buffer.from(entry.parentPath), Buffer.from('/'), entry.name]);
        fs.utimesSync(whole, FOLDER_TIME_SECONDS, FOLDER_TIME_SECONDS);
      }
      fs.utimesSync(side, FOLDER_TIME_SECONDS, FOLDER_TIME_SECONDS);
    }
    this.shadow.readAll();
    this.changes.length = 0;
  }

  /** How often a folder came into doubt on the passive server, as far as the verifier is told. */
  doubts = 0;
  /** Offsets of ranges of large files that are on their way to the passive side. */
  readonly awaited = new Set<number>();

  check(
    options: Partial<CheckRequest> & {
      files?: Files;
      passiveFiles?: Files;
      betweenSlices?: (slice: number) => void;
    } = {},
  ): Outcome {
    this.changes.length = 0;
    const problems: string[] = [];
    const scanner = this.scanner(options, (problem) => problems.push(problem.message));
    const now = options.betweenSlices === undefined ? (): MonotonicMs => 0 as MonotonicMs : ticking();
    for (let slice = 0; !scanner.step(1, now); slice += 1) options.betweenSlices?.(slice);
    return { ...this.verify(this.changes, options.passiveFiles ?? this.files), problems };
  }

  scanner(
    options: Partial<CheckRequest> & { files?: Files } = {},
    problem: (problem: Problem) => void = () => undefined,
  ): Scanner {
    return new Scanner({
      files: options.files ?? this.files,
      tree: this.activeTree,
      protectedSet: this.#set,
      base: fromText(path.join(this.top, 'active')),
      hash,
      look: this.shadow.look,
      emit: (change) => this.#emit(change),
      request: { check: 1, mode: 'full', repair: true, paths: null, ...request(options) },
      buffer: new Uint8Array(256 * 1024),
      problem,
      leftOut: (path, names) => problem(new Problem('CAP-013', { path, names: names.join(', ') })),
    });
  }

  /** Hands verify records to a verifier that gives nodes the ids they have on the active side, as Apply would. */
  verify(changes: readonly Change[], files: Files = this.files): Omit<Outcome, 'problems'> {
    const differences: Difference[] = [];
    const equal: string[] = [];
    const wholeFolders: string[] = [];
    const refused: string[] = [];
    let items = 0;
    let bytes = 0;
    const verifier = new Verifier({
      files,
      tree: this.passiveTree,
      protectedSet: this.#set,
      base: fromText(path.join(this.top, 'passive')),
      hash,
      buffer: new Uint8Array(256 * 1024),
      sink: {
        stated: () => undefined,
        equal: (parent, entry, _stat, proof) => {
          this.#relabel(parent, entry);
          if (proof !== 'contentFollows')
            equal.push(String(this.passiveTree.pathOf(parent)).slice(3) + `/${entry.name}`);
        },
        equalFolder: (folder, _attributes, isWhole) => {
          if (isWhole) wholeFolders.push(String(this.passiveTree.pathOf(folder)));
        },
        refused: (folder) => {
          refused.push(String(this.passiveTree.pathOf(folder)).slice(3));
        },
        doubts: () => this.doubts,
        differs: (difference) => {
          differences.push(difference);
          if (!('entry' in difference) || difference.entry === null || difference.kind === 'missing') return;
          if (difference.kind === 'type' || difference.parent === null) return;
          const parent = this.passiveTree.get(difference.parent);
          if (parent !== undefined) this.#relabel(parent, difference.entry);
        },
        progress: (moreItems, moreBytes) => {
          items += moreItems;
          bytes += moreBytes;
        },
      },
      content: {
        open: (node) => {
          if (node.parent === null) return null;
          const folder = fromText(path.join(this.top, 'passive', String(this.passiveTree.pathOf(node.parent))));
          return this.#openIn(folder, node.name);
        },
        isAwaited: (_node, offset) => (offset === null ? this.awaited.size > 0 : this.awaited.has(offset)),
      },
    });
    const root = fs.statSync(this.active).ino;
    if (this.passiveTree.get(root) === undefined) this.passiveTree.addRoot(fromText('/d'), root);
    for (const change of changes) {
      if (change.kind === 'checkBegin') verifier.begin(change);
      if (change.kind === 'verifyFolder') verifier.folder(change);
      if (change.kind === 'verifyContent') verifier.content(change);
      if (change.kind === 'checkEnd') verifier.end(change);
    }
    return {
      changes,
      differences,
      equal: equal.map((name) => name.replace(/^\//, '')),
      wholeFolders,
      refused,
      items,
      bytes,
    };
  }

  #relabel(parent: Node, entry: FolderEntry): void {
    const known = parent.children?.get(entry.name);
    if (known?.id === entry.node && known.type === entry.type) return;
    if (known !== undefined) this.passiveTree.unlink(parent, entry.name);
    const other = this.passiveTree.get(entry.node);
    if (other !== undefined) this.passiveTree.link(other, parent, entry.name);
    else this.passiveTree.add(parent, entry.name, entry.node, entry.type);
  }

  #openIn(path: ByteString, name: ByteString): number | null {
    const folder = this.files.openFolder(path);
    try {
      return this.files.statAt(folder, name, new Stat()) ? this.files.openAt(folder, name, OPEN.readOnly) : null;
    } finally {
      this.files.close(folder);
    }
  }

  #emit(change: Change): void {
    this.changes.push(change);
  }
}

/** The file door with some of its calls replaced. */
export function filesWith(files: Files, replaced: Partial<Files>): Files {
  return new Proxy(files, {
    get: (target, key) => {
      const own = replaced[key as keyof Files];
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A path whose last part holds the name's bytes, one in each character. */
export function at(side: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(`${side}/`), Buffer.from(name, 'latin1')]);
}

/** Paths as a request names them. */
export function paths(...names: string[]): ByteString[] {
  return names.map((name) => fromLatin1(`/d/${name}`));
}

/** A clock that moves on by a millisecond with every look, so that each slice ends at once. */
function ticking(): () => MonotonicMs {
  let now = 0;
  return () => (now += 1) as MonotonicMs;
}

function request(options: Partial<CheckRequest>): Partial<CheckRequest> {
  const { check, mode, repair, paths: only, nodes, left, isShallow } = options;
  return {
    ...(check === undefined ? {} : { check }),
    ...(mode === undefined ? {} : { mode }),
    ...(repair === undefined ? {} : { repair }),
    ...(only === undefined ? {} : { paths: only }),
    ...(isShallow === undefined ? {} : { isShallow }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(left === undefined ? {} : { left }),
  };
}
