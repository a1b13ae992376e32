import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EqualityProof } from '../changes/difference.ts';
import type { Attributes, Change, FolderEntry, NodeId, Position } from '../changes/change.ts';
import { INLINE_BYTES_MAX } from '../changes/change.ts';
import type { PullAnswer, PullRequest } from '../changes/data-frame.ts';
import { type Node, NodeTree } from '../changes/node-tree.ts';
import { ChangingSet } from '../changes/changing-set.ts';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { Stat } from '../kernel/files.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { hashContent } from '../system/files/content-hash.ts';
import { SqliteDatabase } from '../system/files/database.ts';
import { SystemFileUses } from '../system/files/file-use.ts';
import { NodeFiles } from '../system/files/files.ts';
import { Apply } from './apply.ts';
import type { ApplyEvent } from './host.ts';
import type { OrphanPolicy } from './orphans.ts';
import type { FileUses } from '../kernel/file-use.ts';
import { SqlStore } from './sql-store.ts';

const UID = process.getuid?.() ?? 0;
const GID = process.getgid?.() ?? 0;

/** In memory where there is such a place: these tests are about names, not about disks. */
export const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export const ROOT: NodeId = 2;
export const FOLDER = fromText('/srv/shop');

export function attributes(seconds: number, mode = 0o644): Attributes {
  return { mode, uid: UID, gid: GID, mtimeSeconds: seconds, mtimeNanoseconds: 123_456_789 };
}

/** Apply over a folder of its own, with a record that survives {@link Trial.crash}. */
export class Trial {
  readonly base = mkdtempSync(join(SCRATCH, 'apply-'));
  readonly files: NodeFiles;
  readonly #database = SqliteDatabase.open(':memory:');
  readonly #orphans: OrphanPolicy;
  readonly #quarantineBytesMax: number;
  readonly #uses: FileUses;
  readonly #folders: readonly ByteString[];
  readonly pulls: PullRequest[] = [];
  readonly rechecks = new Set<NodeId>();
  /** Asked for by their paths. */
  readonly pathsAsked = new Set<string>();
  readonly events: ApplyEvent[] = [];
  now = 0;
  /** On the passive's file system. */
  freeBytes = Number.POSITIVE_INFINITY;
  tree = new NodeTree();
  apply: Apply;
  #sequence = 0;
  #closed = false;

  constructor(
    options: {
      orphans?: OrphanPolicy;
      quarantineBytesMax?: number;
      files?: NodeFiles;
      countsReaders?: boolean;
      uses?: FileUses;
      /** All that is protected. */
      folders?: readonly ByteString[];
    } = {},
  ) {
    this.files = options.files ?? new NodeFiles();
    this.#folders = options.folders ?? [FOLDER];
    this.#orphans = options.orphans ?? 'quarantine';
    this.#quarantineBytesMax = options.quarantineBytesMax ?? 1024 * 1024;
    this.#uses = options.uses ?? new SystemFileUses(options.countsReaders ?? false);
    this.apply = this.#start();
    this.apply.adopted = true;
  }

  get root(): string {
    return join(this.base, FOLDER);
  }

  get position(): Position {
    return { epoch: 1, sequence: this.#sequence };
  }

  /** The protected folder, known as {@link ROOT}. */
  rooted(): this {
    this.do({ kind: 'root', node: ROOT, folder: FOLDER });
    this.do({ kind: 'attributes', node: ROOT, attributes: attributes(50, 0o755) });
    return this;
  }

  /** How an item stands. */
  statusOf(node: NodeId): string {
    return this.apply.markOf(node)?.status ?? 'Synchronized';
  }

  do(...changes: Change[]): void {
    for (const change of changes) this.apply.apply({ epoch: 1, sequence: ++this.#sequence }, change);
  }

  replay(position: Position, change: Change): void {
    this.apply.apply(position, change);
  }

  checkpoint(at: Position = this.position): void {
    this.apply.checkpoint(at);
  }

  /** Throws Apply away as a kill would, and starts it again. */
  crash(closeLeft: () => void = () => undefined): void {
    this.apply.abandon();
    closeLeft();
    this.tree = new NodeTree();
    this.apply = this.#start();
  }

  /** An orderly stop. */
  close(): void {
    this.apply.close();
    this.#closed = true;
  }

  end(): void {
    if (!this.#closed) this.apply.abandon();
    this.#database.close();
    rmSync(this.base, { recursive: true, force: true });
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  node(id: NodeId): Node {
    const node = this.tree.get(id);
    if (node === undefined) throw new Error(`no node ${String(id)}`);
    return node;
  }

  stat(parent: NodeId, name: string): Stat {
    const stat = new Stat();
    this.files.statAt(this.apply.openFolder(this.node(parent)), fromText(name), stat);
    return stat;
  }

  /** Tells Apply that the check found the item as the entry says. */
  equal(parent: NodeId, entry: FolderEntry, proof: EqualityProof = 'whole'): void {
    const large = entry.sizeBytes > INLINE_BYTES_MAX;
    this.apply.equal(this.node(parent), entry, this.stat(parent, entry.name), large ? 'contentFollows' : proof);
  }

  /** Pumps and answers until nothing is asked for any more. */
  answerAll(content: (node: NodeId) => { content: Buffer; attributes: Attributes } | null): number {
    let count = 0;
    for (this.apply.pump(); this.pulls.length > 0; this.apply.pump()) {
      for (const request of this.pulls.splice(0)) {
        this.apply.answers([answerTo(request, content(request.node))]);
        count++;
      }
    }
    return count;
  }

  #start(): Apply {
    const database = this.#database;
    const protectedSet = new ChangingSet({
      include: this.#folders.map((folder) => fromText(`${folder}/**`)),
      exclude: [],
    });
    return new Apply({
      files: this.files,
      uses: this.#uses,
      server: 'secondary',
      tree: this.tree,
      store: new SqlStore({
        execute: (sql) => database.execute(sql),
        prepare: (sql) => database.prepare(sql),
        transaction: (action) => database.transaction(action),
        close: () => undefined,
      }),
      protectedSet,
      base: fromText(this.base),
      orphans: this.#orphans,
      quarantineBytesMax: this.#quarantineBytesMax,
      lossItemsMin: null,
      hash: hashContent,
      freeBytes: () => this.freeBytes,
      clock: { monotonicMs: () => this.now as MonotonicMs, wallMs: () => (1_700_000_000_000 + this.now) as WallMs },
      host: {
        pull: (requests) => void this.pulls.push(...requests),
        recheck: (node) => void this.rechecks.add(node),
        recheckPath: (path) => void this.pathsAsked.add(path),
        note: (event) => void this.events.push(event),
      },
    });
  }
}

export function answerTo(request: PullRequest, source: { content: Buffer; attributes: Attributes } | null): PullAnswer {
  const { node, offset, length } = request;
  const content = source?.content.subarray(offset, offset + length) ?? Buffer.alloc(0);
  return {
    node,
    offset,
    length,
    failure: source === null ? 'gone' : null,
    sizeBytes: source?.content.length ?? 0,
    attributes: source?.attributes ?? attributes(0),
    content,
  };
}

export function create(
  node: NodeId,
  parent: NodeId,
  name: string,
  what: string | Buffer | 'folder' = '',
  given: Attributes = attributes(100 + node),
): Change {
  const content = Buffer.isBuffer(what) ? what : Buffer.from(what);
  const inline = content.length <= INLINE_BYTES_MAX ? content : Buffer.alloc(0);
  return {
    kind: 'create',
    node,
    parent,
    name: fromText(name),
    type: 'file',
    attributes: given,
    sizeBytes: content.length,
    content: inline,
  };
}

export function createFolder(node: NodeId, parent: NodeId, name: string): Change {
  const attributesOfFolder = attributes(100 + node, 0o755);
  return {
    kind: 'create',
    node,
    parent,
    name: fromText(name),
    type: 'folder',
    attributes: attributesOfFolder,
    sizeBytes: 0,
    content: Buffer.alloc(0),
  };
}

export function createLink(node: NodeId, parent: NodeId, name: string, target: string): Change {
  return {
    kind: 'create',
    node,
    parent,
    name: fromText(name),
    type: 'symlink',
    attributes: attributes(100 + node, 0o777),
    sizeBytes: target.length,
    content: Buffer.from(target),
  };
}

export function entry(node: NodeId, name: string, content: Buffer, given = attributes(100 + node)): FolderEntry {
  const hash = content.length > INLINE_BYTES_MAX ? 0n : hashContent(content);
  return {
    name: fromText(name),
    node,
    type: 'file',
    attributes: given,
    sizeBytes: content.length,
    hash,
    target: '' as ByteString,
    linked: false,
  };
}

/** Everything below a folder: type, mode, owner, time to the nanosecond, content, and which names are one file. */
export function manifest(root: string): string[] {
  const lines: string[] = [];
  const groups = new Map<bigint, string>();
  const visit = (path: string, shown: string): void => {
    const stat = lstatSync(path, { bigint: true });
    const first = groups.get(stat.ino) ?? shown;
    groups.set(stat.ino, first);
    const type = stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'symlink' : stat.isFile() ? 'file' : 'other';
    const mode = type === 'symlink' ? '' : (stat.mode & 0o7777n).toString(8);
    const content =
      type === 'file'
        ? `${String(stat.size)} ${String(hashContent(readFileSync(path)))}`
        : type === 'symlink'
          ? readlinkSync(path)
          : '';
    const same = first === shown ? '' : `= ${first}`;
    lines.push(
      `${shown} ${type} ${mode} ${String(stat.uid)}:${String(stat.gid)} ${String(stat.mtimeNs)} ${content} ${same}`,
    );
    if (type !== 'folder') return;
    for (const name of readdirSync(path).sort()) visit(join(path, name), `${shown}/${name}`);
  };
  visit(root, '.');
  return lines;
}
