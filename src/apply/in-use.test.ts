import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import type { FileUse } from '../kernel/file-use.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { attributes, create, createFolder, entry, ROOT, Trial } from './trial.testing.ts';

let trial: Trial;
const held: number[] = [];

afterEach(() => {
  for (const file of held.splice(0)) closeSync(file);
  trial.end();
});

function started(options: ConstructorParameters<typeof Trial>[0] = {}): Trial {
  trial = new Trial(options).rooted();
  return trial;
}

/** Our own descriptors count as anybody's: leases tell of open files, not of processes. */
function hold(...names: string[]): void {
  held.push(openSync(trial.path(...names), 'r+'));
}

/** How often this process has a file open; what else it has comes and goes. */
function descriptorsOf(path: string): number {
  const { ino } = statSync(path);
  const at = readdirSync('/proc/self/fd').map((name) => statSync(`/proc/self/fd/${name}`, { throwIfNoEntry: false }));
  return at.filter((stat) => stat?.ino === ino).length;
}

/** The holder closes it, and time passes until Apply looks. */
function release(): void {
  for (const file of held.splice(0)) closeSync(file);
  look();
}

function look(): void {
  trial.now += 500;
  trial.apply.retry(trial.now as MonotonicMs);
  trial.apply.pump();
}

function text(...names: string[]): string {
  return readFileSync(trial.path(...names), 'utf8');
}

function content(node: number, what: string) {
  return { kind: 'content', node, attributes: attributes(200 + node), content: Buffer.from(what) } as const;
}

function unlink(node: number, name: string, parent = ROOT) {
  return { kind: 'unlink', node, parent, name: fromText(name) } as const;
}

function rename(node: number, name: string, newName: string) {
  return {
    kind: 'rename',
    node,
    parent: ROOT,
    name: fromText(name),
    newParent: ROOT,
    newName: fromText(newName),
  } as const;
}

function told(kind: string): string[] {
  return trial.events.filter((event) => event.kind === kind).map((event) => JSON.stringify(event));
}

/** Paths that are not known to be equal, with what is in the way. */
function marked(): string[] {
  return [...trial.apply.marked()].map(({ path, status, problem }) => `${path} ${status} ${problem?.code ?? ''}`);
}

describe('a file that is in use on the passive server', () => {
  it('is held back when its content changes; others go on, and it is asked for once it is free', () => {
    started().do(create(10, ROOT, 'a', 'old'), create(11, ROOT, 'b', 'old'));
    hold('a');
    trial.do(content(10, 'new'), content(11, 'new'));
    expect([text('a'), text('b')]).toEqual(['old', 'new']);
    expect(marked()).toEqual(['/srv/shop/a Out of sync N29']);
    expect(trial.apply.counts).toMatchObject({ outOfSync: 1, unchecked: 0 });
    look();
    expect(told('held')).toHaveLength(1);
    look();
    expect(trial.rechecks.has(10)).toBe(false);
    expect(told('released')).toEqual([]);
    release();
    expect(told('released')).toHaveLength(1);
    expect(trial.rechecks).toEqual(new Set([10, ROOT]));
    expect(marked()).toEqual(['/srv/shop/a Out of sync ']);
    trial.do(content(10, 'new'));
    expect([text('a'), trial.statusOf(10)]).toEqual(['new', 'Synchronized']);
    expect(trial.apply.quarantine.list()).toEqual([]);
  });

  it('is no news while that lasts a moment only: its change is on its way', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    hold('a');
    trial.do(content(10, 'new'));
    expect(trial.apply.counts).toMatchObject({ outOfSync: 1, passing: 1 });
    expect(trial.apply.retry(trial.now as MonotonicMs)).toBeLessThan(500);
    release();
    expect(trial.apply.counts).toMatchObject({ outOfSync: 1, passing: 1 });
    expect(trial.rechecks).toEqual(new Set([10, ROOT]));
    trial.do(content(10, 'new'));
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, passing: 0 });
    expect(trial.events.filter(({ kind }) => ['held', 'released', 'repaired'].includes(kind))).toEqual([]);
  });

  it('is out of sync once it is in use at the second look, or is not made equal soon', () => {
    started().do(create(10, ROOT, 'a', 'old'), create(11, ROOT, 'b', 'old'), create(12, ROOT, 'c', 'old'));
    hold('a');
    trial.do(content(10, 'new'));
    look();
    expect(trial.apply.counts).toMatchObject({ outOfSync: 1, passing: 0 });
    // What is held for long is told at once of what is found to wait for it.
    trial.do(unlink(10, 'a'));
    expect([trial.apply.counts.passing, told('held')]).toEqual([0, [expect.anything()]]);
    hold('b');
    trial.do(content(11, 'new'));
    release();
    expect(trial.apply.counts).toMatchObject({ outOfSync: 1, passing: 1 });
    trial.now += 2000;
    expect(trial.apply.counts).toMatchObject({ outOfSync: 1, passing: 0 });
  });

  it('is told as denied once that shows: who decides may have it open himself while he does', () => {
    let use: FileUse = 'open';
    started({ uses: { useOf: () => use, useOfOpened: () => use } }).do(create(10, ROOT, 'a', 'old'));
    trial.do(content(10, 'new'));
    look();
    expect(told('held').map((one) => one.includes('"use":"open"'))).toEqual([true]);
    use = 'denied';
    look();
    look();
    use = 'open';
    look();
    expect(told('held').map((one) => one.includes('"use":"denied"'))).toEqual([false, true]);
  });

  it('is told at once where the item was out of sync before', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    hold('a');
    trial.do(content(10, 'new'));
    release();
    trial.now += 2000;
    hold('a');
    trial.do(content(10, 'new'));
    expect([trial.apply.counts.passing, told('held')]).toEqual([0, [expect.anything()]]);
  });

  it('does not count while it stays equal, nor through a reader', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    hold('a');
    trial.equal(ROOT, entry(10, 'a', Buffer.from('old')));
    expect(marked()).toEqual([]);
    release();
    held.push(openSync(trial.path('a'), 'r'));
    trial.do(content(10, 'new'));
    expect([text('a'), ...marked()]).toEqual(['new']);
  });

  it('counts through a reader where the settings say so', () => {
    started({ countsReaders: true }).do(create(10, ROOT, 'a', 'old'), create(11, ROOT, 'b', 'old'));
    held.push(openSync(trial.path('a'), 'r'));
    trial.do(content(10, 'new'), content(11, 'new'));
    expect([text('a'), text('b'), ...marked()]).toEqual(['old', 'new', '/srv/shop/a Out of sync N29']);
  });

  it('is asked for only when it is free, whatever else brings it into doubt', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    hold('a');
    trial.do(content(10, 'new'));
    trial.apply.meddled(
      { node: trial.node(10), parent: trial.node(ROOT), path: fromText('/srv/shop/a') },
      'modified',
      1,
    );
    trial.apply.repair({ kind: 'content', parent: ROOT, entry: entry(10, 'a', Buffer.from('new')) });
    for (let looks = 0; looks < 20; looks++) look();
    expect([trial.rechecks.size, trial.pulls.length]).toEqual([0, 0]);
    release();
    expect(trial.rechecks.has(10)).toBe(true);
  });

  it('keeps its attributes', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    hold('a');
    trial.do({ kind: 'attributes', node: 10, attributes: attributes(999, 0o600) });
    expect(marked()).toEqual(['/srv/shop/a Out of sync N29']);
  });

  it('is held by any name of its', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    linkSync(trial.path('a'), trial.path('elsewhere'));
    hold('elsewhere');
    trial.do(content(10, 'new'));
    expect([text('a'), ...marked()]).toEqual(['old', '/srv/shop/a Out of sync N29']);
  });

  it('stays under its name when it is deleted, and goes when it is free', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    hold('a');
    trial.do(unlink(10, 'a'));
    expect([text('a'), ...marked()]).toEqual(['old', '/srv/shop/a Out of sync N29']);
    trial.apply.finishOrphans(null);
    expect(marked()).toEqual(['/srv/shop/a Out of sync N29']);
    release();
    expect([existsSync(trial.path('a')), ...marked()]).toEqual([false]);
    expect(trial.apply.quarantine.list()).toEqual([]);
  });

  it('goes with its folder, of which all else goes at once', () => {
    started().do(createFolder(10, ROOT, 'd'), createFolder(11, 10, 'e'), create(12, 11, 'a', 'old'));
    trial.do(create(13, 11, 'b', 'old'), create(14, 10, 'c', 'old'));
    hold('d', 'e', 'a');
    trial.do(unlink(10, 'd'));
    expect([readdirSync(trial.path('d')), readdirSync(trial.path('d', 'e'))]).toEqual([['e'], ['a']]);
    expect(marked()).toContain('/srv/shop/d/e/a Out of sync N29');
    release();
    expect(existsSync(trial.path('d'))).toBe(false);
    expect(trial.apply.quarantine.list()).toEqual([]);
  });

  it('goes to the quarantine when the holder wrote into it before it was deleted', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    hold('a');
    trial.do(unlink(10, 'a'));
    writeSync(held[0] as number, 'mine');
    release();
    expect([text('a'), ...marked()]).toEqual(['mine', '/srv/shop/a Unchecked ']);
    trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText('a'), type: 'file' });
    expect(trial.apply.quarantine.list()).toMatchObject([{ path: '/srv/shop/a', why: 'orphan' }]);
  });

  it('is shown until another file may take its name; that one waits out of sight', () => {
    started().do(create(10, ROOT, 'a', 'old'), create(11, ROOT, '.a.new', 'new'));
    trial.checkpoint();
    hold('a');
    trial.do(rename(11, '.a.new', 'a'));
    look();
    expect([readdirSync(trial.root), text('a')]).toEqual([['a'], 'old']);
    expect(marked()).toEqual(['/srv/shop/a Out of sync N29']);
    release();
    expect([readdirSync(trial.root), text('a')]).toEqual([['a'], 'new']);
    trial.equal(ROOT, entry(11, 'a', Buffer.from('new')));
    expect(marked()).toEqual([]);
    expect(trial.apply.quarantine.list()).toEqual([]);
  });

  it('is shown until another file may take its name, also after a crash', () => {
    started().do(create(10, ROOT, 'a', 'old'), create(11, ROOT, '.a.new', 'new'));
    trial.checkpoint();
    hold('a');
    trial.do(rename(11, '.a.new', 'a'));
    trial.crash();
    trial.replay({ epoch: 1, sequence: 5 }, rename(11, '.a.new', 'a'));
    look();
    expect([readdirSync(trial.root), text('a')]).toEqual([['a'], 'old']);
    trial.checkpoint();
    trial.crash();
    look();
    expect([readdirSync(trial.root), text('a')]).toEqual([['a'], 'old']);
    release();
    look();
    expect([readdirSync(trial.root), text('a')]).toEqual([['a'], 'new']);
  });

  it('gives way to a new file of its name when it is free', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    trial.checkpoint();
    hold('a');
    trial.do(unlink(10, 'a'), create(11, ROOT, 'a', 'new'));
    expect(text('a')).toBe('old');
    expect(marked()).toContain('/srv/shop/a Out of sync N29');
    release();
    trial.checkpoint();
    trial.apply.repair({ kind: 'content', parent: ROOT, entry: entry(11, 'a', Buffer.from('new')) });
    trial.answerAll(() => ({ content: Buffer.from('new'), attributes: attributes(111) }));
    expect([text('a'), ...marked()]).toEqual(['new']);
    expect(trial.apply.quarantine.list()).toEqual([]);
  });

  it.each(['moved on', 'deleted'])('is told of still when what waits for its name is %s', (what) => {
    started().do(create(10, ROOT, 'a', 'old'), create(11, ROOT, 'a.new', 'new'));
    hold('a');
    trial.do(rename(11, 'a.new', 'a'), what === 'deleted' ? unlink(11, 'a') : rename(11, 'a', 'b'));
    if (what !== 'deleted') trial.do(content(11, 'newest'));
    expect([text('a'), ...marked()]).toEqual(['old', '/srv/shop/a Unchecked ']);
    trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText('a'), type: 'file' });
    expect(marked()).toEqual(['/srv/shop/a Out of sync N29']);
    release();
    expect([readdirSync(trial.root), ...marked()]).toEqual([what === 'deleted' ? [] : ['b']]);
  });

  it('follows a rename, and is told by its new name', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    hold('a');
    trial.do(content(10, 'new'));
    look();
    trial.do(rename(10, 'a', 'b'));
    look();
    expect([readdirSync(trial.root), text('b')]).toEqual([['b'], 'old']);
    expect(marked()).toEqual(['/srv/shop/b Out of sync N29']);
    expect([told('held').at(-1), told('released')]).toEqual([
      expect.stringContaining('/srv/shop/b'),
      [expect.anything()],
    ]);
  });

  it.each(['quarantine', 'delete'] as const)('is an orphan until it is free: %s', (orphans) => {
    started({ orphans });
    writeFileSync(trial.path('o'), 'x');
    hold('o');
    trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText('o'), type: 'file' });
    trial.apply.finishOrphans(null);
    expect([text('o'), ...marked()]).toEqual(['x', '/srv/shop/o Out of sync N29']);
    release();
    trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText('o'), type: 'file' });
    expect([existsSync(trial.path('o')), ...marked()]).toEqual([false]);
  });

  it('is held back when it is large: writes, and ranges that were pulled for it', () => {
    const [old, wanted] = [Buffer.alloc(600_000, 'o'), Buffer.alloc(600_000, 'o')];
    wanted.fill('n', 300_000, 300_010);
    started().do(create(10, ROOT, 'big', old));
    trial.answerAll(() => ({ content: old, attributes: attributes(110) }));
    const differs = { kind: 'ranges', node: 10, attributes: attributes(200), sizeBytes: 600_000 } as const;
    const ranges = [{ offset: 262_144, length: 262_144 }];
    const answers = (): number => trial.answerAll(() => ({ content: wanted, attributes: attributes(200) }));
    hold('big');
    trial.apply.repair({ ...differs, ranges });
    expect(answers()).toBe(1);
    trial.do({ ...differs, kind: 'write', offset: 300_000, content: Buffer.from('nnnnnnnnnn') });
    expect([readFileSync(trial.path('big')).equals(old), ...marked()]).toEqual([true, '/srv/shop/big Out of sync N29']);
    trial.apply.repair({ ...differs, ranges });
    expect(answers()).toBe(0);
    release();
    expect(trial.rechecks.has(10)).toBe(true);
    trial.apply.repair({ ...differs, ranges, isWhole: true });
    expect(answers()).toBe(1);
    expect([readFileSync(trial.path('big')).equals(wanted), ...marked()]).toEqual([true]);
  });

  it('gets what else was stated of it meanwhile, too, where some of it was on its way', () => {
    const [old, wanted] = [Buffer.alloc(600_000, 'o'), Buffer.alloc(600_000, 'n')];
    started().do(create(10, ROOT, 'big', old));
    trial.answerAll(() => ({ content: old, attributes: attributes(110) }));
    const answers = (): number => trial.answerAll(() => ({ content: wanted, attributes: attributes(200) }));
    const differs = { kind: 'ranges', node: 10, attributes: attributes(200), sizeBytes: 600_000 } as const;
    hold('big');
    trial.apply.repair({ ...differs, ranges: [{ offset: 0, length: 262_144 }] });
    answers();
    trial.apply.repair({ ...differs, ranges: [{ offset: 262_144, length: 262_144 }] });
    trial.do({ ...differs, kind: 'write', offset: 524_288, content: Buffer.alloc(75_712, 'n') });
    // The connection is lost, and all that was asked for is asked for again, as soon as it is free and before it is looked at.
    for (const file of held.splice(0)) closeSync(file);
    trial.apply.pullsLost();
    answers();
    trial.apply.equal(trial.node(ROOT), entry(10, 'big', wanted, attributes(200)), trial.stat(ROOT, 'big'), 'whole');
    expect([readFileSync(trial.path('big')).equals(wanted), ...marked()]).toEqual([true]);
  });

  it('is replaced by a large file only when it is free, though that is gathered meanwhile', () => {
    const wanted = Buffer.alloc(600_000, 'n');
    started().do(create(10, ROOT, 'a', 'old'), create(11, ROOT, 'a.new', wanted));
    hold('a');
    trial.do(rename(11, 'a.new', 'a'));
    trial.answerAll(() => ({ content: wanted, attributes: attributes(111) }));
    expect([readdirSync(trial.root), text('a'), ...marked()]).toEqual([['a'], 'old', '/srv/shop/a Out of sync N29']);
    release();
    trial.equal(ROOT, entry(11, 'a', wanted));
    trial.apply.equal(trial.node(ROOT), entry(11, 'a', wanted), trial.stat(ROOT, 'a'), 'whole');
    expect([readFileSync(trial.path('a')).equals(wanted), ...marked()]).toEqual([true]);
  });

  it('lets go of what it held when the stream begins anew, and at the end', () => {
    started().do(create(10, ROOT, 'a', 'old'));
    hold('a');
    trial.do(content(10, 'new'));
    look();
    const before = descriptorsOf(trial.path('a'));
    trial.apply.forget();
    expect(descriptorsOf(trial.path('a'))).toBeLessThan(before);
    expect([...marked(), ...told('released')]).toHaveLength(1);
  });
});
