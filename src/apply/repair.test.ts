import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type FolderEntry, RANGE_BYTES } from '../changes/change.ts';
import type { PullRequest } from '../changes/data-frame.ts';
import type { Difference } from '../changes/difference.ts';
import { fromText } from '../kernel/byte-string.ts';
import { answerTo, attributes, create, createFolder, entry, FOLDER, ROOT, Trial } from './trial.testing.ts';

let trial: Trial;
afterEach(() => trial.end());

function started(options: ConstructorParameters<typeof Trial>[0] = {}): Trial {
  trial = new Trial(options).rooted();
  return trial;
}

function large(sizeBytes: number, seed = 1): Buffer {
  const content = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 1000) content[at] = (at * seed) & 0xff;
  return content;
}

const SMALL = Buffer.from('what the active server holds');
const answerSmall = () => ({ content: SMALL, attributes: attributes(111) });

describe('repairing what a check found', () => {
  it('puts nothing below a folder that goes with the former place of what is stated in it', () => {
    started().do(createFolder(10, ROOT, 'a'), createFolder(11, 10, 'b'));
    const stated: FolderEntry = { ...entry(10, 'a again', SMALL), type: 'folder', sizeBytes: 0, hash: 0n };
    trial.apply.repair({ kind: 'missing', parent: 11, entry: stated });
    trial.apply.pump();
    for (const node of trial.tree.nodes) expect(trial.tree.pathOf(node)).not.toBeNull();
    expect([...trial.rechecks]).toContain(11);
  });

  it('adopts nothing below such a folder either', () => {
    started().do(createFolder(10, ROOT, 'a'), createFolder(11, 10, 'b'));
    mkdirSync(trial.path('a', 'b', 'a again'));
    const stated: FolderEntry = { ...entry(10, 'a again', SMALL), type: 'folder', sizeBytes: 0, hash: 0n };
    trial.equal(11, stated);
    trial.apply.pump();
    for (const node of trial.tree.nodes) expect(trial.tree.pathOf(node)).not.toBeNull();
    expect([...trial.rechecks]).toContain(11);
  });

  it('pulls a small file that is missing, and makes it whole', () => {
    started().apply.repair({ kind: 'missing', parent: ROOT, entry: entry(11, 'f', SMALL) });
    expect(trial.apply.counts).toMatchObject({ outOfSync: 1, pullsWaiting: 1, bytesWaiting: SMALL.length });
    trial.answerAll(answerSmall);
    expect(readFileSync(trial.path('f'))).toEqual(SMALL);
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, unchecked: 0, pullsWaiting: 0, bytesWaiting: 0 });
    expect(trial.events.map((event) => event.kind)).toEqual(['difference', 'repaired']);
  });

  it('keeps a copy of content that was not ours before it writes over it, and none of what was', () => {
    started().do(create(11, ROOT, 'ours', 'old'));
    writeFileSync(trial.path('theirs'), 'first');
    trial.apply.repair({ kind: 'content', parent: ROOT, entry: entry(11, 'ours', SMALL) });
    trial.apply.repair({ kind: 'content', parent: ROOT, entry: entry(12, 'theirs', SMALL) });
    trial.answerAll(answerSmall);
    expect(readFileSync(trial.path('theirs'))).toEqual(SMALL);
    expect(readFileSync(trial.path('ours'))).toEqual(SMALL);
    expect(trial.apply.quarantine.list().map((e) => e.path)).toEqual([`${FOLDER}/theirs`]);
  });

  it('lets the stream have the last word over an answer that comes late', () => {
    started().apply.repair({ kind: 'missing', parent: ROOT, entry: entry(11, 'f', SMALL) });
    trial.apply.pump();
    const requests = trial.pulls.splice(0);
    trial.do({ kind: 'content', node: 11, attributes: attributes(9), content: Buffer.from('newer') });
    for (const request of requests) trial.apply.answers([answerTo(request, answerSmall())]);
    expect(readFileSync(trial.path('f'), 'utf8')).toBe('newer');
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, pullsWaiting: 0 });
  });

  it('does not take an answer to a request that was given up for the answer to a later one', () => {
    started().apply.repair({ kind: 'missing', parent: ROOT, entry: entry(11, 'f', SMALL) });
    trial.apply.pump();
    const [old] = trial.pulls.splice(0);
    trial.do({ kind: 'content', node: 11, attributes: attributes(9), content: Buffer.from('newer') });
    trial.apply.repair({ kind: 'content', parent: ROOT, entry: entry(11, 'f', SMALL) });
    trial.apply.pump();
    trial.apply.answers([answerTo(old!, { content: Buffer.from('stale'), attributes: attributes(1) })]);
    expect(readFileSync(trial.path('f'), 'utf8')).toBe('newer');
    for (const request of trial.pulls.splice(0)) trial.apply.answers([answerTo(request, answerSmall())]);
    expect(readFileSync(trial.path('f'))).toEqual(SMALL);
  });

  it('takes what was kept for no answer that is still on its way, though it was given up', () => {
    trial = new Trial().rooted();
    const content = large(2 * RANGE_BYTES);
    const source = { content, attributes: attributes(110) };
    trial.do(create(10, ROOT, 'f', content));
    trial.apply.pump();
    const [first, second] = trial.pulls.splice(0) as [PullRequest, PullRequest];
    trial.apply.answers([answerTo(first, null)], true);
    trial.apply.answers([answerTo(second, source)], true);
    trial.apply.repair({ kind: 'missing', parent: ROOT, entry: entry(10, 'f', content) });
    expect(trial.answerAll(() => source)).toBe(2);
    expect(trial.statusOf(10)).toBe('Synchronized');
  });

  it('gathers a large file beside the folder and shows it whole, under the name it has by then', () => {
    const content = large(3 * RANGE_BYTES + 5);
    started().do(createFolder(10, ROOT, 'a'), create(11, ROOT, 'f', content));
    trial.apply.pump();
    expect(existsSync(trial.path('f'))).toBe(false);
    const requests = trial.pulls.splice(0);
    expect(requests).toHaveLength(4);
    trial.apply.answers([answerTo(requests[0]!, { content, attributes: attributes(5) })]);
    trial.do({ kind: 'rename', node: 11, parent: ROOT, name: fromText('f'), newParent: 10, newName: fromText('g') });
    trial.do({ kind: 'link', node: 11, parent: ROOT, name: fromText('h') });
    for (const request of requests.slice(1))
      trial.apply.answers([answerTo(request, { content, attributes: attributes(5, 0o4711) })]);
    expect(readFileSync(trial.path('a', 'g'))).toEqual(content);
    expect(lstatSync(trial.path('h')).ino).toBe(lstatSync(trial.path('a', 'g')).ino);
    expect(lstatSync(trial.path('h')).mode & 0o7777).toBe(0o4711);
    expect(readdirSync(join(trial.base, 'srv/.understudy/shop/staging'))).toEqual([]);
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, pullsWaiting: 0 });
  });

  it('shows the old file until the large one that replaces it is whole', () => {
    const content = large(RANGE_BYTES + 5);
    started().do(create(10, ROOT, 'f', 'old'), create(11, ROOT, 'tmp', content));
    trial.do({
      kind: 'rename',
      node: 11,
      parent: ROOT,
      name: fromText('tmp'),
      newParent: ROOT,
      newName: fromText('f'),
    });
    expect(readFileSync(trial.path('f'), 'utf8')).toBe('old');
    trial.answerAll(() => ({ content, attributes: attributes(5) }));
    expect(readFileSync(trial.path('f'))).toEqual(content);
    expect(trial.apply.quarantine.list()).toEqual([]);
  });

  it('forgets a large file whose last name is gone, and what was staged of it', () => {
    started().do(create(11, ROOT, 'f', large(RANGE_BYTES + 5)));
    trial.apply.pump();
    trial.do({ kind: 'unlink', node: 11, parent: ROOT, name: fromText('f') });
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, pullsWaiting: 0, bytesWaiting: 0 });
    expect(readdirSync(join(trial.base, 'srv/.understudy/shop/staging'))).toEqual([]);
  });

  it('throws away what an earlier run staged, once everything was stated and nobody wants it', () => {
    started().do(create(11, ROOT, 'f', large(RANGE_BYTES + 5)));
    trial.apply.pump();
    trial.checkpoint();
    trial.crash();
    const staging = (): string[] => readdirSync(join(trial.base, 'srv/.understudy/shop/staging'));
    expect(staging()).toEqual(['node-11']);
    trial.apply.finishOrphans(7);
    expect(staging()).toEqual(['node-11']);
    trial.apply.finishOrphans(null);
    expect(staging()).toEqual([]);
  });

  it('parts two files that a stranger made one, and gives each its own content', () => {
    started().do(create(11, ROOT, 'a', 'one'), create(12, ROOT, 'b', 'two'));
    trial.checkpoint();
    rmSync(trial.path('b'));
    linkSync(trial.path('a'), trial.path('b'));
    const two = Buffer.from('two');
    const stated = entry(12, 'b', two, attributes(112));
    const missing = (): Difference => ({
      kind: existsSync(trial.path('b')) ? 'content' : 'missing',
      parent: ROOT,
      entry: stated,
    });
    for (let round = 0; round < 3; round++) {
      trial.apply.repair(missing());
      trial.answerAll(() => ({ content: two, attributes: attributes(112) }));
    }
    expect([readFileSync(trial.path('a'), 'utf8'), readFileSync(trial.path('b'), 'utf8')]).toEqual(['one', 'two']);
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, pullsWaiting: 0 });
  });

  it('asks at once for what came into doubt, but not on and on', () => {
    started().do(create(11, ROOT, 'a', 'one'));
    let asked = 0;
    for (let round = 0; round < 50; round++) {
      trial.apply.meddled(
        { node: trial.node(11), parent: trial.node(ROOT), path: fromText('/srv/shop/a') },
        'modified',
        0,
      );
      trial.apply.pump();
      if (trial.rechecks.delete(11)) asked++;
    }
    expect(asked).toBe(4);
  });

  it('does not take a fast look for proof while ranges are awaited, nor after a restart', () => {
    const before = large(3 * RANGE_BYTES);
    const after = Buffer.from(before);
    after.write('changed', 100);
    after.write('changed', 2 * RANGE_BYTES);
    started();
    writeFileSync(trial.path('f'), before);
    const stated = entry(11, 'f', after, attributes(7));
    trial.equal(ROOT, stated);
    const ranges = [0, 2].map((range) => ({ offset: range * RANGE_BYTES, length: RANGE_BYTES }));
    trial.apply.repair({ kind: 'ranges', node: 11, attributes: attributes(7), sizeBytes: after.length, ranges });
    trial.apply.pump();
    const [first] = trial.pulls.splice(0);
    if (first !== undefined) trial.apply.answers([answerTo(first, { content: after, attributes: attributes(7) })]);
    const fast = (): void => trial.apply.equal(trial.node(ROOT), stated, trial.stat(ROOT, 'f'), 'status');
    fast();
    expect(trial.apply.counts).toMatchObject({ outOfSync: 1, pullsWaiting: 1 });
    trial.checkpoint();
    trial.crash();
    fast();
    expect(trial.apply.counts.outOfSync).toBe(1);
    trial.apply.pump();
    expect([...trial.rechecks]).toContain(11);
  });

  it('does not take attributes that were put right for proof of content that is in doubt', () => {
    started().do(create(11, ROOT, 'f', SMALL, attributes(7)));
    const path = fromText(`${FOLDER}/f`);
    trial.apply.meddled({ node: trial.node(11), parent: trial.node(ROOT), path }, 'modified', 7);
    const stated = entry(11, 'f', SMALL, attributes(7, 0o600));
    const differing = {
      kind: 'attributes',
      node: 11,
      parent: ROOT,
      entry: stated,
      attributes: stated.attributes,
    } as const;
    trial.apply.repair({ ...differing, what: ['mode'], proof: 'status' });
    expect(trial.statusOf(11)).toBe('Unchecked');
    trial.apply.repair({ ...differing, what: ['mode'], proof: 'whole' });
    expect(trial.statusOf(11)).toBe('Synchronized');
  });

  it('writes only the ranges that differ into a large file that is there', () => {
    const before = large(3 * RANGE_BYTES);
    const after = Buffer.from(before);
    after.write('changed', RANGE_BYTES + 100);
    started();
    writeFileSync(trial.path('f'), before);
    const stated = entry(11, 'f', after, attributes(7));
    trial.equal(ROOT, stated);
    const inode = lstatSync(trial.path('f')).ino;
    const ranges = [{ offset: RANGE_BYTES, length: RANGE_BYTES }];
    trial.apply.repair({ kind: 'ranges', node: 11, attributes: attributes(7), sizeBytes: after.length, ranges });
    expect(trial.answerAll(() => ({ content: after, attributes: attributes(7) }))).toBe(1);
    expect(readFileSync(trial.path('f'))).toEqual(after);
    expect(lstatSync(trial.path('f')).ino).toBe(inode);
    expect(lstatSync(trial.path('f')).mtimeMs).toBeCloseTo(7123, 0);
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0 });
  });

  it('asks for at most 8 MiB at a time, and for all of it again when the connection broke', () => {
    const content = large(20 * 1024 * 1024);
    started().do(create(11, ROOT, 'f', content));
    trial.apply.pump();
    trial.apply.pump();
    const asked = trial.pulls.splice(0);
    expect(asked.reduce((sum, request) => sum + request.length, 0)).toBeLessThanOrEqual(8 * 1024 * 1024);
    trial.apply.pullsLost();
    expect(trial.answerAll(() => ({ content, attributes: attributes(5) }))).toBe(80);
    expect(readFileSync(trial.path('f')).equals(content)).toBe(true);
  });

  it('takes up what was staged before a restart, and pulls only what is missing', () => {
    const content = large(4 * RANGE_BYTES);
    started().do(create(11, ROOT, 'f', content));
    trial.checkpoint();
    trial.apply.pump();
    for (const request of trial.pulls.splice(0).slice(0, 3))
      trial.apply.answers([answerTo(request, { content, attributes: attributes(5) })]);
    trial.crash();
    expect(trial.apply.counts.outOfSync).toBe(1);
    trial.apply.pump();
    expect([...trial.rechecks]).toContain(11);
    const stated = entry(11, 'f', content, attributes(5));
    trial.apply.repair({ kind: 'missing', parent: ROOT, entry: stated });
    const ranges = [{ offset: 3 * RANGE_BYTES, length: RANGE_BYTES }];
    trial.apply.repair({ kind: 'ranges', node: 11, attributes: attributes(5), sizeBytes: content.length, ranges });
    expect(trial.answerAll(() => ({ content, attributes: attributes(5) }))).toBe(1);
    expect(existsSync(trial.path('f'))).toBe(false);
    trial.apply.repair({
      kind: 'attributes',
      node: 11,
      parent: ROOT,
      entry: stated,
      attributes: attributes(5),
      what: ['mtime'],
      proof: 'whole',
    });
    expect(readFileSync(trial.path('f')).equals(content)).toBe(true);
    expect(trial.apply.counts.outOfSync).toBe(0);
  });

  it('moves what was renamed while nobody looked, instead of copying it', () => {
    started().do(createFolder(10, ROOT, 'a'), create(11, 10, 'f', SMALL, attributes(111)), create(12, ROOT, 'g', 'x'));
    const inode = lstatSync(trial.path('a', 'f')).ino;
    trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText('a'), type: 'folder' });
    const renamed = {
      ...entry(10, 'b', Buffer.alloc(0)),
      type: 'folder' as const,
      attributes: attributes(110, 0o755),
      hash: 0n,
    };
    trial.apply.repair({ kind: 'missing', parent: ROOT, entry: renamed });
    trial.apply.repair({ kind: 'missing', parent: ROOT, entry: entry(11, 'h', SMALL, attributes(111)) });
    trial.apply.finishOrphans(null);
    expect(readdirSync(trial.root).sort()).toEqual(['b', 'g', 'h']);
    expect(lstatSync(trial.path('h')).ino).toBe(inode);
    expect(trial.pulls).toEqual([]);
    expect(trial.apply.markOf(11)).toBeUndefined();
    expect(trial.apply.quarantine.list()).toEqual([]);
  });

  it('makes two names one file where they are one on the active server', () => {
    started();
    writeFileSync(trial.path('f'), SMALL);
    writeFileSync(trial.path('g'), SMALL);
    trial.equal(ROOT, { ...entry(11, 'f', SMALL), linked: true });
    trial.equal(ROOT, { ...entry(11, 'g', SMALL), linked: true });
    expect(lstatSync(trial.path('f')).ino).toBe(lstatSync(trial.path('g')).ino);
  });

  it.each(['equal', 'attributes'] as const)(
    'parts a name that was one file with another, and is a file of its own by now (%s)',
    (kind) => {
      started().do(create(11, ROOT, 'a', 'same'), create(12, ROOT, 'c', 'same'));
      trial.do({ kind: 'link', node: 11, parent: ROOT, name: fromText('b') });
      const same = Buffer.from('same');
      const own = entry(12, 'b', same, attributes(kind === 'equal' ? 111 : 7, 0o600));
      if (kind === 'equal') trial.equal(ROOT, own);
      else {
        const what = ['mode', 'mtime'] as const;
        trial.apply.repair({
          kind,
          node: 12,
          parent: ROOT,
          entry: own,
          attributes: own.attributes,
          what,
          proof: 'whole',
        });
      }
      expect(trial.statusOf(12)).not.toBe('Synchronized');
      trial.equal(ROOT, entry(11, 'a', same, attributes(111)));
      trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText('c'), type: 'file' });
      trial.apply.pump();
      trial.apply.repair({ kind: 'missing', parent: ROOT, entry: own });
      trial.answerAll(() => ({ content: same, attributes: own.attributes }));
      trial.apply.finishOrphans(null);
      expect(lstatSync(trial.path('a')).ino).not.toBe(lstatSync(trial.path('b')).ino);
      expect([lstatSync(trial.path('a')).mode & 0o7777, lstatSync(trial.path('b')).mode & 0o7777]).toEqual([
        0o644, 0o600,
      ]);
      expect(readdirSync(trial.root)).toEqual(['a', 'b']);
      expect(trial.apply.counts).toMatchObject({ outOfSync: 0, unchecked: 0 });
    },
  );

  it('does not write through a link that only the passive server has', () => {
    started().do(create(11, ROOT, 'f', 'one'));
    linkSync(trial.path('f'), join(trial.base, 'elsewhere'));
    trial.do({ kind: 'content', node: 11, attributes: attributes(9), content: Buffer.from('two') });
    expect(readFileSync(trial.path('f'), 'utf8')).toBe('two');
    expect(readFileSync(join(trial.base, 'elsewhere'), 'utf8')).toBe('one');
  });

  it('replaces what has another type, and keeps what was there', () => {
    started();
    mkdirSync(trial.path('f'));
    writeFileSync(trial.path('f', 'inside'), 'x');
    trial.apply.repair({ kind: 'type', parent: ROOT, entry: entry(11, 'f', SMALL), found: 'folder' });
    trial.answerAll(answerSmall);
    expect(readFileSync(trial.path('f'))).toEqual(SMALL);
    expect(trial.apply.quarantine.list()).toMatchObject([{ path: `${FOLDER}/f`, why: 'replaced', items: 2, bytes: 1 }]);
  });

  it('gives known things the ids that another active server uses', () => {
    started().do(createFolder(10, ROOT, 'a'), create(11, 10, 'f', SMALL, attributes(111)));
    trial.do({ kind: 'root', node: 900, folder: FOLDER });
    const folder = { ...entry(901, 'a', Buffer.alloc(0)), type: 'folder' as const, hash: 0n };
    trial.equal(900, folder);
    trial.equal(901, entry(902, 'f', SMALL, attributes(111)));
    expect(trial.tree.pathOf(trial.node(902))).toBe(`${FOLDER}/a/f`);
    expect(trial.tree.size).toBe(3);
    trial.checkpoint();
    trial.crash();
    expect(trial.tree.size).toBe(3);
    expect(trial.tree.find(fromText(`${FOLDER}/a/f`))?.id).toBe(902);
  });
});
