import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Change } from '../changes/change.ts';
import { fromText } from '../kernel/byte-string.ts';
import { attributes, create, createFolder, createLink, FOLDER, ROOT, Trial } from './trial.testing.ts';

let trial: Trial;
afterEach(() => trial.end());

function started(options: ConstructorParameters<typeof Trial>[0] = {}): Trial {
  trial = new Trial(options).rooted();
  return trial;
}

function rename(node: number, from: [number, string], to: [number, string]): Change {
  return { kind: 'rename', node, parent: from[0], name: fromText(from[1]), newParent: to[0], newName: fromText(to[1]) };
}
function link(node: number, parent: number, name: string): Change {
  return { kind: 'link', node, parent, name: fromText(name) };
}
function unlink(node: number, parent: number, name: string): Change {
  return { kind: 'unlink', node, parent, name: fromText(name) };
}
/** Of which items a refusal was told and not taken back. */
function standing(): string[] {
  const items = new Set<string>();
  for (const event of trial.events) {
    if (event.kind === 'problem' && event.path !== null) items.add(event.path);
    if (event.kind === 'cleared') items.delete(String(event.problem.parameters['path']));
  }
  return [...items];
}
function text(...names: string[]): string {
  return readFileSync(trial.path(...names), 'utf8');
}

describe('applying the stream', () => {
  it('makes a missing protected folder, with those above it', () => {
    started();
    expect(lstatSync(trial.root).isDirectory()).toBe(true);
  });

  it('creates files, folders and links with mode, owner and time to the nanosecond', () => {
    started().do(
      createFolder(10, ROOT, 'a'),
      create(11, 10, 'f', 'text', attributes(5, 0o2750)),
      createLink(12, 10, 'l', '../nowhere'),
    );
    trial.apply.pump();
    const file = lstatSync(trial.path('a', 'f'), { bigint: true });
    expect(file.mtimeNs).toBe(5_123_456_789n);
    expect(file.mode & 0o7777n).toBe(0o2750n);
    expect(text('a', 'f')).toBe('text');
    expect(readlinkSync(trial.path('a', 'l'))).toBe('../nowhere');
    expect(lstatSync(trial.path('a', 'l'), { bigint: true }).mtimeNs).toBe(112_123_456_789n);
    expect(lstatSync(trial.path('a'), { bigint: true }).mtimeNs).toBe(110_123_456_789n);
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, unchecked: 0 });
  });

  it('writes content in place, so that hard links stay what they are', () => {
    started().do(create(11, ROOT, 'f', 'long content'), link(11, ROOT, 'g'));
    const inode = lstatSync(trial.path('f')).ino;
    trial.do({ kind: 'content', node: 11, attributes: attributes(9), content: Buffer.from('short') });
    expect(text('g')).toBe('short');
    expect(lstatSync(trial.path('g')).ino).toBe(inode);
  });

  it('moves a folder with everything in it, and replaces what the new name had', () => {
    started().do(
      createFolder(10, ROOT, 'a'),
      create(11, 10, 'f', 'one'),
      createFolder(12, ROOT, 'b'),
      createFolder(13, 12, 'empty'),
    );
    trial.do(rename(10, [ROOT, 'a'], [12, 'empty']));
    expect(text('b', 'empty', 'f')).toBe('one');
    expect(existsSync(trial.path('a'))).toBe(false);
    expect(trial.tree.pathOf(trial.node(11))).toBe(`${FOLDER}/b/empty/f`);
    expect(trial.tree.get(13)).toBeUndefined();
  });

  it('removes a folder with what is known in it, and keeps a stranger’s file', () => {
    started().do(createFolder(10, ROOT, 'a'), createFolder(11, 10, 'b'), create(12, 11, 'f', 'one'));
    writeFileSync(trial.path('a', 'b', 'strange'), 'kept');
    trial.do(unlink(10, ROOT, 'a'));
    expect(existsSync(trial.path('a'))).toBe(false);
    expect(trial.apply.quarantine.list()).toMatchObject([
      { path: `${FOLDER}/a/b/strange`, why: 'orphan', bytes: 4, items: 1 },
    ]);
    expect(trial.tree.size).toBe(1);
  });

  it('keeps what lies under a name that is created, unless it is the same', () => {
    started();
    writeFileSync(trial.path('same'), 'same');
    writeFileSync(trial.path('other'), 'foreign');
    trial.do(create(11, ROOT, 'same', 'same'), create(12, ROOT, 'other', 'ours'));
    expect(text('other')).toBe('ours');
    expect(trial.apply.quarantine.list()).toMatchObject([{ path: `${FOLDER}/other`, why: 'replaced' }]);
  });

  it('does not write into a file that a stranger linked elsewhere', () => {
    started().do(createFolder(10, ROOT, 'a'), create(11, 10, 'f', 'one'));
    const outside = join(trial.base, 'outside');
    rmSync(outside, { force: true });
    writeFileSync(outside, 'x');
    rmSync(trial.path('a', 'f'));
    trial.do({ kind: 'content', node: 11, attributes: attributes(9), content: Buffer.from('two') });
    expect(text('a', 'f')).toBe('two');
    expect(readFileSync(outside, 'utf8')).toBe('x');
  });

  it('parts a file with all its names from one that a stranger gave it', () => {
    started().do(create(11, ROOT, 'f', 'one'), link(11, ROOT, 'g'), link(11, ROOT, 'h'));
    const outside = join(trial.base, 'outside');
    linkSync(trial.path('f'), outside);
    trial.do({ kind: 'content', node: 11, attributes: attributes(9), content: Buffer.from('two') });
    const { ino } = lstatSync(trial.path('f'));
    expect(['f', 'g', 'h'].map((name) => [text(name), lstatSync(trial.path(name)).ino])).toEqual(
      ['two', 'two', 'two'].map((content) => [content, ino]),
    );
    expect(trial.node(11).inode).toBe(ino);
    expect(readFileSync(outside, 'utf8')).toBe('one');
    expect(trial.apply.quarantine.list()).toEqual([]);
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, unchecked: 0 });
  });

  it('keeps the time of a folder in which a file is parted from a name that a stranger gave it', () => {
    started().do(createFolder(10, ROOT, 'a'), create(11, 10, 'f', 'one'));
    trial.checkpoint();
    const outside = join(trial.base, 'outside');
    linkSync(trial.path('a', 'f'), outside);
    trial.do({ kind: 'content', node: 11, attributes: attributes(9), content: Buffer.from('two') });
    trial.apply.pump();
    expect(text('a', 'f')).toBe('two');
    expect(readFileSync(outside, 'utf8')).toBe('one');
    expect(lstatSync(trial.path('a'), { bigint: true }).mtimeNs).toBe(110_123_456_789n);
  });

  it('never follows a link that was put in place of a folder', () => {
    started().do(createFolder(10, ROOT, 'a'), create(11, 10, 'f', 'one'));
    trial.crash();
    trial.apply.adopted = true;
    trial.rooted().do(createFolder(10, ROOT, 'a'), create(11, 10, 'f', 'one'));
    trial.checkpoint();
    trial.crash();
    const outside = join(trial.base, 'outside');
    mkdirSync(outside);
    renameSync(trial.path('a'), join(trial.base, 'aside'));
    symlinkSync(outside, trial.path('a'));
    trial.do(create(12, 10, 'g', 'two'));
    expect(existsSync(join(outside, 'g'))).toBe(false);
    expect(text('a', 'g')).toBe('two');
    expect(trial.apply.quarantine.list()).toMatchObject([{ path: `${FOLDER}/a`, why: 'replaced' }]);
    expect(trial.apply.markOf(10)?.status).toBe('Unchecked');
  });

  it('puts a folder back that somebody moved, instead of losing it', () => {
    started().do(createFolder(10, ROOT, 'a'), create(11, 10, 'f', 'one'), createFolder(12, ROOT, 'b'));
    trial.checkpoint();
    trial.crash();
    renameSync(trial.path('a'), trial.path('b', 'stolen'));
    trial.do(create(13, 10, 'g', 'two'));
    expect(text('a', 'f')).toBe('one');
    expect(text('a', 'g')).toBe('two');
    expect(existsSync(trial.path('b', 'stolen'))).toBe(false);
  });

  it('takes the former name of a file that has the new one already', () => {
    started().do(create(11, ROOT, 'a', 'x'), link(11, ROOT, 'b'), rename(11, [ROOT, 'a'], [ROOT, 'b']));
    expect([existsSync(trial.path('a')), text('b')]).toEqual([false, 'x']);
    expect(trial.tree.namesOf(trial.node(11)).map(({ name }) => name)).toEqual(['b']);
    expect(trial.apply.counts).toMatchObject({ unchecked: 0, outOfSync: 0 });
  });

  it('asks again for what it does not understand, and crashes at nothing', () => {
    started().do(
      create(20, 999, 'x', 'lost'),
      { kind: 'content', node: 998, attributes: attributes(1), content: Buffer.from('x') },
      { kind: 'write', node: 997, attributes: attributes(1), sizeBytes: 4, offset: 0, content: Buffer.from('x') },
      { kind: 'attributes', node: 996, attributes: attributes(1) },
      rename(995, [ROOT, 'x'], [ROOT, 'y']),
      link(994, ROOT, 'z'),
      unlink(993, ROOT, 'z'),
      create(21, ROOT, '..', 'up'),
    );
    trial.apply.pump();
    expect([...trial.rechecks]).toEqual(expect.arrayContaining([999, 998, 997, 996, ROOT]));
    expect(trial.tree.size).toBe(1);
  });

  it('asks again for a known folder where a name came from, or went to, one that was never stated', () => {
    started().do(createFolder(10, ROOT, 'a'), createFolder(11, ROOT, 'b'), create(12, 11, 'f', 'one'));
    trial.do(rename(999, [998, 'x'], [10, 'x']), rename(12, [11, 'f'], [997, 'f']));
    trial.apply.pump();
    expect([...trial.rechecks]).toEqual(expect.arrayContaining([10, 11, 997, 998]));
    expect(trial.statusOf(10)).toBe('Unchecked');
    expect(trial.statusOf(11)).toBe('Unchecked');
  });

  it('tells what the file system refuses again after a restart', () => {
    started().do(create(10, ROOT, 'n'.repeat(300), 'x'));
    trial.checkpoint();
    trial.events.length = 0;
    trial.crash();
    expect(trial.events).toMatchObject([{ kind: 'problem', problem: { code: 'APL-001' } }]);
  });

  it('tells what the file system refuses, and that it is over', () => {
    started().do(createFolder(10, ROOT, 'a'));
    const name = 'n'.repeat(300);
    trial.do(create(11, 10, name, 'x'));
    expect(trial.apply.counts.outOfSync).toBe(1);
    expect(trial.events).toMatchObject([{ kind: 'problem', problem: { code: 'APL-001' } }]);
    trial.now = 1500;
    trial.rechecks.clear();
    trial.apply.retry(1500 as never);
    trial.apply.pump();
    expect([...trial.rechecks]).toEqual([11]);
    // The active server may no longer have it: what it has there is to be said, too.
    expect([...trial.pathsAsked]).toEqual([`${FOLDER}/a/${name}`]);
    trial.do(rename(11, [10, name], [10, 'short']));
    expect(trial.apply.counts.outOfSync).toBe(1);
    trial.do({ kind: 'content', node: 11, attributes: attributes(4), content: Buffer.from('now') });
    expect(text('a', 'short')).toBe('now');
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, unchecked: 0 });
    expect(trial.events.map((event) => event.kind)).toContain('cleared');
  });

  it('tells a refusal by the path that the item has now, and by no other', () => {
    started().do(createFolder(10, ROOT, 'a'), create(11, 10, 'n'.repeat(300), 'x'));
    trial.do(rename(11, [10, 'n'.repeat(300)], [10, 'm'.repeat(300)]));
    trial.do({ kind: 'content', node: 11, attributes: attributes(4), content: Buffer.from('again') });
    expect(standing()).toEqual([`${FOLDER}/a/${'m'.repeat(300)}`]);
    trial.checkpoint();
    trial.events.length = 0;
    trial.crash();
    trial.do(rename(11, [10, 'm'.repeat(300)], [10, 'short']));
    trial.do({ kind: 'content', node: 11, attributes: attributes(5), content: Buffer.from('now') });
    expect(standing()).toEqual([]);
  });

  it('tells a refusal by the new path after a restart, too', () => {
    started().do(createFolder(10, ROOT, 'a'), create(11, 10, 'n'.repeat(300), 'x'));
    trial.do(rename(10, [ROOT, 'a'], [ROOT, 'b']));
    trial.checkpoint();
    trial.events.length = 0;
    trial.crash();
    expect(standing()).toEqual([`${FOLDER}/b/${'n'.repeat(300)}`]);
    trial.do(rename(11, [10, 'n'.repeat(300)], [10, 'short']));
    trial.do({ kind: 'content', node: 11, attributes: attributes(5), content: Buffer.from('now') });
    expect(standing()).toEqual([]);
  });

  it('does not put what is new below a folder that went with the former node of its number', () => {
    started().do(createFolder(10, ROOT, 'a'), createFolder(11, 10, 'b'));
    trial.do(create(10, 11, 'f', 'one'), create(12, 11, 'g', 'two'));
    trial.apply.pump();
    for (const node of trial.tree.nodes) expect(trial.tree.pathOf(node)).not.toBeNull();
    expect([...trial.rechecks]).toContain(11);
  });

  it('takes refusals back when it forgets everything', () => {
    started().do(create(11, ROOT, 'n'.repeat(300), 'x'));
    expect(standing()).toHaveLength(1);
    trial.apply.forget();
    expect(standing()).toEqual([]);
  });

  it('knows its folders by their new ids when another epoch begins, and loses nothing', () => {
    started().do(createFolder(10, ROOT, 'a'), create(11, 10, 'f', 'one'));
    trial.do({ kind: 'root', node: 7, folder: FOLDER });
    expect(trial.tree.find(fromText(`${FOLDER}/a/f`))?.id).toBe(11);
    trial.do(create(12, 7, 'g', 'two'));
    trial.checkpoint();
    trial.crash();
    expect(trial.tree.find(fromText(`${FOLDER}/a/f`))?.id).toBe(11);
    expect(trial.tree.root(FOLDER)?.id).toBe(7);
  });
});
