import { type NodeId, type NodeType, ORIGIN } from '../changes/change.ts';
import type { Patterns } from '../changes/changing-set.ts';
import type { Node, NodeTree } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { type Database, DatabaseError, type DatabaseStatement, type DatabaseValue } from '../kernel/database.ts';
import type { WallMs } from '../kernel/units.ts';
import { isProblem, Problem, type ProblemData } from '../problems/problem.ts';
import type {
  ApplyStore,
  BatchState,
  BrakeState,
  GuardedFolder,
  MarkStatus,
  QuarantineEntry,
  QuarantineReason,
  SavedMark,
  SavedNode,
  SavedState,
  Saving,
} from './store.ts';

/** Raised when a column changes its meaning; a record of another form is not read. */
const FORM = 1;

// A protected folder has no parent, and its whole path as its name.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS nodes (
    id INTEGER PRIMARY KEY, parent INTEGER, name TEXT NOT NULL, type INTEGER NOT NULL,
    inode INTEGER NOT NULL, mode INTEGER NOT NULL, uid INTEGER NOT NULL, gid INTEGER NOT NULL, size INTEGER NOT NULL,
    mtime_s INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_s INTEGER NOT NULL, ctime_ns INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS names (
    node INTEGER NOT NULL, parent INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (node, parent, name)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS marks (
    node INTEGER PRIMARY KEY, status TEXT NOT NULL, since INTEGER NOT NULL, problem TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS quarantine (
    id TEXT PRIMARY KEY, path TEXT NOT NULL, folder TEXT NOT NULL, why TEXT NOT NULL,
    moment INTEGER NOT NULL, bytes INTEGER NOT NULL, items INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS guarded (
    folder TEXT PRIMARY KEY, file_system TEXT NOT NULL, identity TEXT NOT NULL, state TEXT NOT NULL,
    what TEXT NOT NULL) STRICT, WITHOUT ROWID;`;

const NODE_TYPES: readonly NodeType[] = ['file', 'folder', 'symlink', 'fifo', 'characterDevice', 'blockDevice'];

const FOLDER_TYPE = NODE_TYPES.indexOf('folder');

type Row = DatabaseValue[];

/** The record of what was applied, in a SQL database. One transaction a checkpoint, of what changed since. */
export class SqlStore implements ApplyStore {
  readonly #database: Database;
  readonly #statements: {
    readonly node: DatabaseStatement;
    readonly nodeGone: DatabaseStatement;
    readonly name: DatabaseStatement;
    readonly namesGone: DatabaseStatement;
    readonly mark: DatabaseStatement;
    readonly markGone: DatabaseStatement;
    readonly quarantine: DatabaseStatement;
    readonly guarded: DatabaseStatement;
    readonly meta: DatabaseStatement;
  };
  /** Nodes with rows in `names`: for all others nothing has to be deleted there. */
  readonly #linked = new Set<NodeId>();
  #proof: { readonly tree: NodeTree; readonly state: SavedState } | null = null;
  /** A transaction failed since: the rows are as before it. */
  #isLinkedStale = false;

  /** @throws DatabaseError where the database is not what it should be. */
  constructor(database: Database) {
    this.#database = database;
    database.execute(SCHEMA);
    this.#statements = {
      node: database.prepare('INSERT OR REPLACE INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
      nodeGone: database.prepare('DELETE FROM nodes WHERE id = ?'),
      name: database.prepare('INSERT OR REPLACE INTO names VALUES (?, ?, ?)'),
      namesGone: database.prepare('DELETE FROM names WHERE node = ?'),
      mark: database.prepare('INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)'),
      markGone: database.prepare('DELETE FROM marks WHERE node = ?'),
      quarantine: database.prepare('INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?)'),
      guarded: database.prepare('INSERT INTO guarded VALUES (?, ?, ?, ?, ?)'),
      meta: database.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)'),
    };
  }

  /** Reads all of it, as a proof that it can be used. The next {@link load} into the same tree is answered by that. */
  prove(tree: NodeTree): void {
    this.#proof = { tree, state: this.load(tree) };
  }

  load(tree: NodeTree): SavedState {
    const proof = this.#proof;
    this.#proof = null;
    if (proof?.tree === tree) return proof.state;
    return this.#told(() => {
      const meta = new Map(this.#database.prepare('SELECT key, value FROM meta').rows() as [string, string][]);
      const form = meta.get('form');
      if (form !== undefined && Number(form) !== FORM)
        throw new DatabaseError(`it has form ${form}, not ${String(FORM)}`);
      this.#loadNodes(tree);
      this.#loadNames(tree);
      return {
        position: positionOf(meta.get('position')),
        activeServerId: meta.get('activeServerId') ?? '',
        adopted: meta.get('adopted') === 'true',
        mixed: meta.get('mixed') === 'true',
        batch: batchOf(meta.get('batch')),
        unproven: meta.get('unproven') === 'true',
        marks: this.#database.prepare('SELECT node, status, since, problem FROM marks').rows().map(markOf),
        quarantine: this.#database
          .prepare('SELECT id, path, folder, why, moment, bytes, items FROM quarantine ORDER BY moment, id')
          .rows()
          .map(quarantineOf),
        guarded: this.#database
          .prepare('SELECT folder, file_system, identity, state, what FROM guarded ORDER BY folder')
          .rows()
          .map(guardedOf),
        filters: filtersOf(meta.get('filters')),
      };
    });
  }

  save(saving: Saving): void {
    this.#told(() => {
      // What is remembered of the rows must not run ahead of them: a transaction that fails has changed none.
      if (this.#isLinkedStale) this.#readLinked();
      this.#isLinkedStale = true;
      this.#database.transaction(() => this.#write(saving));
      this.#isLinkedStale = false;
    });
  }

  noteUnproven(): void {
    this.#told(() => this.#database.transaction(() => this.#statements.meta.run('unproven', 'true')));
  }

  close(): void {
    this.#told(() => this.#database.close());
  }

  #write(saving: Saving): void {
    const { node, nodeGone, mark, markGone, quarantine, meta } = this.#statements;
    if (saving.anew) {
      this.#database.execute('DELETE FROM nodes; DELETE FROM names; DELETE FROM marks;');
      this.#linked.clear();
    }
    for (const id of saving.nodesGone) {
      nodeGone.run(id);
      this.#forgetNames(id);
    }
    for (const one of saving.nodes) {
      node.run(...rowOf(one));
      this.#forgetNames(one.id);
      this.#writeNames(one);
    }
    for (const id of saving.marksGone) markGone.run(id);
    for (const one of saving.marks) {
      mark.run(one.node, one.status, Math.trunc(one.since), one.problem === null ? null : JSON.stringify(one.problem));
    }
    if (saving.quarantine !== null) {
      this.#database.execute('DELETE FROM quarantine');
      for (const e of saving.quarantine)
        quarantine.run(e.id, e.path, e.folder, e.why, Math.trunc(e.when), e.bytes, e.items);
    }
    if (saving.guarded !== null) this.#writeGuarded(saving.guarded);
    if (saving.filters !== null) meta.run('filters', JSON.stringify(saving.filters));
    meta.run('form', String(FORM));
    meta.run('position', `${String(saving.position.epoch)}:${String(saving.position.sequence)}`);
    meta.run('activeServerId', saving.activeServerId);
    meta.run('adopted', String(saving.adopted));
    meta.run('mixed', String(saving.mixed));
    meta.run('batch', saving.batch);
    meta.run('unproven', String(saving.unproven));
  }

  #writeGuarded(all: readonly GuardedFolder[]): void {
    this.#database.execute('DELETE FROM guarded');
    for (const { folder, fileSystem, identity, state, what } of all)
      this.#statements.guarded.run(folder, fileSystem, identity, state, what);
  }

  #readLinked(): void {
    this.#linked.clear();
    for (const [id] of this.#database.prepare('SELECT DISTINCT node FROM names').rows()) this.#linked.add(id as number);
  }

  #forgetNames(id: NodeId): void {
    if (this.#linked.delete(id)) this.#statements.namesGone.run(id);
  }

  #writeNames({ id, otherNames }: SavedNode): void {
    for (const { parent, name } of otherNames) {
      this.#statements.name.run(id, parent, name);
      this.#linked.add(id);
    }
  }

  /** Rows come in the order of their ids, not of the tree: folders wait for theirs, and all else for the folders. */
  #loadNodes(tree: NodeTree): void {
    const below = new Map<number, Row[]>();
    const folders: Node[] = [];
    let unplaced = 0;
    for (const row of this.#database.prepare(`SELECT * FROM nodes WHERE type = ${String(FOLDER_TYPE)}`).rows()) {
      const parent = row[1];
      if (typeof parent !== 'number') {
        folders.push(fill(tree.addRoot(row[2] as ByteString, row[0] as number), row));
        continue;
      }
      unplaced++;
      const siblings = below.get(parent);
      if (siblings === undefined) below.set(parent, [row]);
      else siblings.push(row);
    }
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const row of below.get(folder.id) ?? []) {
        folders.push(fill(tree.add(folder, row[2] as ByteString, row[0] as number, 'folder'), row));
        unplaced--;
      }
    }
    this.#database.prepare(`SELECT * FROM nodes WHERE type <> ${String(FOLDER_TYPE)}`).each((row) => {
      const type = NODE_TYPES[row[3] as number];
      if (type === undefined) throw new DatabaseError('a node has no known type');
      const folder = tree.get(row[1] as number);
      if (folder?.type === 'folder') fill(tree.add(folder, row[2] as ByteString, row[0] as number, type), row);
      else unplaced++;
    });
    if (unplaced > 0) throw new DatabaseError(`${String(unplaced)} nodes have no folder`);
  }

  #loadNames(tree: NodeTree): void {
    for (const [id, parentId, name] of this.#database.prepare('SELECT node, parent, name FROM names').rows()) {
      const node = tree.get(id as number);
      const parent = tree.get(parentId as number);
      if (node === undefined || parent?.type !== 'folder') throw new DatabaseError('a name leads nowhere');
      tree.link(node, parent, name as ByteString);
      this.#linked.add(node.id);
    }
  }

  #told<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      if (error.isNoSpace) throw noSpace(error);
      if (error.isRefused) throw refused(error);
      throw new Problem('APL-005', { reason: error.message }, { cause: error });
    }
  }
}

/**
 * Opens the store; one that is damaged is moved aside, told, and begun anew.
 * @param door - opens the database, and moves a damaged one out of the way (`sqliteDoor` of system).
 * @param tree - empty; what was saved is in it afterwards.
 * @throws Problem SYS-010 where there is no space to open it in, SYS-011 where the disk refuses: it is as good as before, and stays.
 * @throws DatabaseError where even a new one can't be made.
 */
export function openApplyStore(
  door: { open(): Database; moveAside(): string },
  tree: NodeTree,
  onDamaged: (problem: Problem<'APL-005'>) => void,
): SqlStore {
  let database: Database | null = null;
  try {
    database = door.open();
    const store = new SqlStore(database);
    store.prove(tree);
    return store;
  } catch (error) {
    tree.clear();
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof DatabaseError) && !(error instanceof Problem)) throw error;
    database?.close();
    if (isProblem(error, 'SYS-010') || isProblem(error, 'SYS-011')) throw error;
    if (error instanceof DatabaseError && error.isNoSpace) throw noSpace(error);
    if (error instanceof DatabaseError && error.isRefused) throw refused(error);
    const told = error instanceof Problem ? String(error.parameters['reason']) : reason;
    const aside = door.moveAside();
    onDamaged(new Problem('APL-005', { reason: `${told}; it was moved to ${aside}` }, { cause: error }));
    return new SqlStore(door.open());
  }
}

const WHAT = 'the record of what is applied';

function noSpace(cause: DatabaseError): Problem {
  return new Problem('SYS-010', { what: WHAT }, { cause });
}

function refused(cause: DatabaseError): Problem {
  return new Problem('SYS-011', { what: WHAT, reason: cause.message }, { cause });
}

function rowOf(node: SavedNode): DatabaseValue[] {
  return [
    node.id,
    node.parent,
    node.name,
    NODE_TYPES.indexOf(node.type),
    node.inode,
    node.mode,
    node.uid,
    node.gid,
    node.sizeBytes,
    node.mtimeSeconds,
    node.mtimeNanoseconds,
    node.ctimeSeconds,
    node.ctimeNanoseconds,
  ];
}

function fill(node: Node, row: Row): Node {
  node.inode = row[4] as number;
  node.mode = row[5] as number;
  node.uid = row[6] as number;
  node.gid = row[7] as number;
  node.sizeBytes = row[8] as number;
  node.mtimeSeconds = row[9] as number;
  node.mtimeNanoseconds = row[10] as number;
  node.ctimeSeconds = row[11] as number;
  node.ctimeNanoseconds = row[12] as number;
  return node;
}

function positionOf(text: string | undefined): { epoch: number; sequence: number } {
  const [epoch, sequence] = (text ?? '').split(':').map(Number);
  if (text === undefined) return ORIGIN;
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(sequence)) throw new DatabaseError('it has no position');
  return { epoch: epoch as number, sequence: sequence as number };
}

function batchOf(text: string | undefined): BatchState {
  return text === 'gathering' || text === 'applying' ? text : 'none';
}

function filtersOf(text: string | undefined): Patterns | null {
  if (text === undefined) return null;
  const { include, exclude } = JSON.parse(text) as Patterns;
  return { include, exclude };
}

function markOf([node, status, since, problem]: Row): SavedMark {
  return {
    node: node as number,
    status: status as MarkStatus,
    since: since as WallMs,
    problem: problem === null ? null : (JSON.parse(problem as string) as ProblemData),
  };
}

const BRAKE_STATES: readonly string[] = ['free', 'held', 'confirmed'] satisfies BrakeState[];

function guardedOf([folder, fileSystem, identity, state, what]: Row): GuardedFolder {
  if (!BRAKE_STATES.includes(state as string)) throw new DatabaseError('a protected folder has no known state');
  return {
    folder: folder as ByteString,
    fileSystem: fileSystem as string,
    identity: identity as string,
    state: state as BrakeState,
    what: what as string,
  };
}

function quarantineOf([id, path, folder, why, when, bytes, items]: Row): QuarantineEntry {
  return {
    id: id as string,
    path: path as ByteString,
    folder: folder as ByteString,
    why: why as QuarantineReason,
    when: when as WallMs,
    bytes: bytes as number,
    items: items as number,
  };
}
