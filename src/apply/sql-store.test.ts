import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Node, NodeTree } from '../changes/node-tree.ts';
import { fromLatin1, fromText } from '../kernel/byte-string.ts';
import { DatabaseError } from '../kernel/database.ts';
import type { WallMs } from '../kernel/units.ts';
import type { Problem } from '../problems/problem.ts';
import { SqliteDatabase, sqliteDoor } from '../system/files/database.ts';
import { savedNode } from './saved-node.ts';
import { openApplyStore, SqlStore } from './sql-store.ts';
import type { Saving } from './store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'apply-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function saving(nodes: readonly Node[], more: Partial<Saving> = {}): Saving {
  return {
    position: { epoch: 3, sequence: 7 },
    activeServerId: 'active',
    adopted: true,
    mixed: false,
    batch: 'none',
    unproven: false,
    filters: null,
    anew: false,
    nodes: nodes.map(savedNode),
    nodesGone: [],
    marks: [],
    marksGone: [],
    quarantine: null,
    guarded: null,
    ...more,
  };
}

describe('the record of what was applied', () => {
  it('is sound after a transaction that failed, whatever was linked in it', () => {
    const database = SqliteDatabase.open(join(folder, 'applied.sqlite'));
    let isFull = false;
    const failing = Object.assign(Object.create(database) as SqliteDatabase, {
      execute: (sql: string) => database.execute(sql),
      prepare: (sql: string) => database.prepare(sql),
      transaction: (action: () => void) =>
        database.transaction(() => {
          action();
          if (isFull) throw new DatabaseError('database or disk is full', { isNoSpace: true });
        }),
      close: () => database.close(),
    });
    const store = new SqlStore(failing);
    const tree = new NodeTree();
    const root = tree.addRoot(fromText('/srv'), 2);
    const file = tree.add(root, fromText('a'), 5, 'file');
    tree.link(file, root, fromText('b'));
    store.save(saving([root, file]));
    isFull = true;
    expect(() => store.save(saving([], { nodesGone: [5] }))).toThrow();
    isFull = false;
    store.save(saving([], { nodesGone: [5] }));
    store.close();
    const problems: Problem[] = [];
    const door = sqliteDoor(join(folder, 'applied.sqlite'));
    const again = openApplyStore(door, new NodeTree(), (problem) => void problems.push(problem));
    expect(problems).toEqual([]);
    again.close();
  });

  it('comes back as it was: names of any bytes, hard links, times before 1970, large numbers', () => {
    const file = join(folder, 'applied.sqlite');
    const tree = new NodeTree();
    const root = tree.addRoot(fromText('/srv/shop'), 2);
    const below = tree.add(root, fromLatin1('\xff\xfe b'), 2 ** 47 + 9, 'folder');
    const one = tree.add(below, fromText('ü'), 5, 'file');
    tree.link(one, root, fromText('second'));
    Object.assign(one, {
      inode: 2 ** 52,
      mode: 0o4755,
      uid: 7,
      gid: 8,
      sizeBytes: 2 ** 50,
      mtimeSeconds: -5,
      mtimeNanoseconds: 999_999_999,
      ctimeSeconds: 9,
      ctimeNanoseconds: 1,
    });
    const store = new SqlStore(SqliteDatabase.open(file));
    const mark = {
      node: 5,
      status: 'Out of sync',
      since: 12 as WallMs,
      problem: { code: 'APL-001', parameters: { path: '/a', reason: 'b' } },
    } as const;
    const kept = {
      id: 'q',
      path: fromLatin1('\xff'),
      folder: fromText('/srv/shop'),
      why: 'orphan',
      when: 5 as WallMs,
      bytes: 1,
      items: 2,
    } as const;
    const place = { fileSystem: 'ef53:1', identity: '2:3.4' };
    const guarded = { folder: fromText('/srv/shop'), ...place, state: 'held', what: 'lost all' } as const;
    store.save(saving([root, below, one], { marks: [mark], quarantine: [kept], guarded: [guarded] }));
    store.close();
    const again = new NodeTree();
    const state = new SqlStore(SqliteDatabase.open(file)).load(again);
    expect(state).toEqual({
      unproven: false,
      guarded: [guarded],
      position: { epoch: 3, sequence: 7 },
      activeServerId: 'active',
      mixed: false,
      batch: 'none',
      filters: null,
      adopted: true,
      marks: [mark],
      quarantine: [kept],
    });
    expect(again.get(5)).toMatchObject({
      inode: 2 ** 52,
      sizeBytes: 2 ** 50,
      mtimeSeconds: -5,
      mtimeNanoseconds: 999_999_999,
    });
    expect(again.namesOf(again.get(5)!).map((name) => again.pathOfName(name))).toEqual([
      '/srv/shop/\xff\xfe b/\xc3\xbc',
      '/srv/shop/second',
    ]);
  });

  it('writes only what changed, and forgets what is gone', () => {
    const database = SqliteDatabase.open(join(folder, 'applied.sqlite'));
    const store = new SqlStore(database);
    const tree = new NodeTree();
    const root = tree.addRoot(fromText('/srv'), 2);
    const nodes = [3, 4, 5].map((id) => tree.add(root, fromText(`f${String(id)}`), id, 'file'));
    tree.link(nodes[0]!, root, fromText('l'));
    store.save(saving([root, ...nodes]));
    tree.unlink(root, fromText('l'));
    tree.unlink(root, fromText('f5'));
    store.save(saving([nodes[0]!], { nodesGone: [5] }));
    const again = new NodeTree();
    store.load(again);
    expect([...again.nodes].map((node) => node.name).sort()).toEqual(['/srv', 'f3', 'f4']);
    store.save(saving([], { anew: true }));
    const empty = new NodeTree();
    store.load(empty);
    expect(empty.size).toBe(0);
  });

  it('is moved aside and begun anew when it is damaged, and that is told', () => {
    const file = join(folder, 'applied.sqlite');
    writeFileSync(file, 'this is no database, but it is long enough to be looked at as one'.repeat(20));
    const problems: Problem[] = [];
    const store = openApplyStore(sqliteDoor(file), new NodeTree(), (problem) => problems.push(problem));
    expect(store.load(new NodeTree()).position).toEqual({ epoch: 0, sequence: 0 });
    expect(problems.map((problem) => problem.code)).toEqual(['APL-005']);
    expect(readdirSync(folder)).toContain('applied.sqlite.damaged-1');
    store.close();
  });

  it('loads a hundred thousand nodes', () => {
    const file = join(folder, 'applied.sqlite');
    const tree = new NodeTree();
    const nodes = [tree.addRoot(fromText('/srv'), 2)];
    for (let f = 0; f < 100; f++) {
      const parent = tree.add(nodes[0]!, fromText(`folder-${String(f)}`), 1000 + f, 'folder');
      nodes.push(parent);
      for (let n = 0; n < 1000; n++)
        nodes.push(tree.add(parent, fromText(`file-${String(n)}.txt`), 10_000 + f * 1000 + n, 'file'));
    }
    const store = new SqlStore(SqliteDatabase.open(file));
    store.save(saving(nodes));
    const again = new NodeTree();
    store.load(again);
    expect(again.size).toBe(nodes.length);
    for (const { id, name, parent } of nodes) {
      expect(again.get(id)).toMatchObject({ name, parent: parent === null ? null : { id: parent.id } });
    }
    store.close();
  });
});
