import { describe, expect, it } from 'vitest';
import type { FolderEntry } from '../../changes/change.ts';
import type { Difference } from '../../changes/difference.ts';
import { NodeTree } from '../../changes/node-tree.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { HandTime } from '../hand-time.testing.ts';
import { LeftAlone } from './left-alone.ts';

const attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
const content = new Uint8Array();

function entry(name: string, node: number): FolderEntry {
  const rest = { sizeBytes: 1, hash: 0n, target: fromText(''), linked: false };
  return { name: fromText(name), node, type: 'file', attributes, ...rest };
}

const CONTENT: Difference = { kind: 'content', parent: 1, entry: entry('a', 2) };
const RANGES: Difference = { kind: 'ranges', node: 2, attributes, sizeBytes: 1, ranges: [] };
const MISSING: Difference = { kind: 'missing', parent: 1, entry: entry('new', 9) };
const ORPHAN: Difference = { kind: 'orphan', parent: 1, name: fromText('stray'), type: 'file' };

/** /srv (1) with the files a (2) and b (3) and the folder d (4). */
class Trial {
  readonly tree = new NodeTree();
  readonly time = new HandTime();
  readonly left = new LeftAlone({ tree: this.tree, now: () => this.time.wallMs() });
  readonly root = this.tree.addRoot(fromText('/srv'), 1);
  readonly a = this.tree.add(this.root, fromText('a'), 2, 'file');
  readonly b = this.tree.add(this.root, fromText('b'), 3, 'file');
  readonly d = this.tree.add(this.root, fromText('d'), 4, 'folder');

  /** Found by a check that repairs nothing. */
  after(...differences: Difference[]): this {
    for (const difference of differences) this.left.found(difference, 1);
    return this;
  }

  get paths(): string[] {
    return [...this.left.items()].map((item) => item.path).toSorted();
  }
}

describe('an item found to differ by a check that repairs nothing', () => {
  it('is known to differ since then, once, however it differs', () => {
    const trial = new Trial().after(CONTENT, MISSING, ORPHAN);
    const since = trial.time.wallMs();
    trial.time.advance(1000);
    trial.after(RANGES, ORPHAN);
    expect(trial.paths).toEqual(['/srv/a', '/srv/new', '/srv/stray']);
    expect(trial.left.count).toBe(3);
    expect([...trial.left.items()].map((item) => item.since)).toEqual([since, since, since]);
  });

  it('is known by the name it has now', () => {
    const trial = new Trial().after(CONTENT);
    trial.tree.rename(trial.a, { parent: trial.root, name: fromText('a') }, { parent: trial.d, name: fromText('z') });
    expect(trial.paths).toEqual(['/srv/d/z']);
  });

  it('is known by the name its folder has now, where it has no node here', () => {
    const trial = new Trial().after({ ...ORPHAN, parent: 4 }, { ...MISSING, parent: 4 });
    trial.tree.rename(
      trial.d,
      { parent: trial.root, name: fromText('d') },
      { parent: trial.root, name: fromText('e') },
    );
    expect(trial.paths).toEqual(['/srv/e/new', '/srv/e/stray']);
    trial.left.streamed({ kind: 'unlink', parent: 4, name: fromText('stray'), node: 8 });
    expect(trial.paths).toEqual(['/srv/e/new']);
    trial.left.found({ ...ORPHAN, parent: 4 }, 2);
    trial.left.meddled(fromText('/srv/e/stray'));
    expect(trial.paths).toEqual(['/srv/e/new']);
  });

  it('is well again once a check finds it equal', () => {
    const trial = new Trial().after(CONTENT, ORPHAN);
    trial.left.equal(trial.root, entry('b', 3));
    expect(trial.left.count).toBe(2);
    trial.left.equal(trial.root, entry('a', 2));
    trial.left.equal(trial.root, entry('stray', 5));
    expect(trial.left.count).toBe(0);
    const what = ['mode'] as const;
    trial.after({ kind: 'attributes', node: 4, parent: null, entry: null, attributes, what, proof: 'whole' });
    trial.left.equalFolder(trial.d);
    expect(trial.left.count).toBe(0);
  });

  it('is not well again where it is a folder of which only the name was compared', () => {
    const what = ['mtime'] as const;
    const trial = new Trial().after({ kind: 'missing', parent: 1, entry: { ...entry('d', 4), type: 'folder' } });
    trial.after({ kind: 'attributes', node: 4, parent: 1, entry: null, attributes, what, proof: 'whole' });
    trial.left.equal(trial.root, { ...entry('d', 4), type: 'folder' });
    expect(trial.paths).toEqual(['/srv/d']);
  });

  it('is no longer left alone once a check repairs it', () => {
    const trial = new Trial().after(CONTENT, MISSING, ORPHAN);
    for (const difference of [RANGES, MISSING, ORPHAN]) trial.left.repairing(difference);
    expect(trial.left.count).toBe(0);
  });

  it('is no longer left alone once somebody changes it here, for that is repaired by itself', () => {
    const trial = new Trial().after(CONTENT, ORPHAN);
    trial.left.meddled(fromText('/srv/b'));
    expect(trial.left.count).toBe(2);
    trial.left.meddled(fromText('/srv/a'));
    trial.left.meddled(fromText('/srv/stray'));
    expect(trial.left.count).toBe(0);
  });

  it('is what the stream says it is from then on', () => {
    const trial = new Trial().after(CONTENT, MISSING, ORPHAN);
    const stray = fromText('stray');
    trial.left.streamed({ kind: 'attributes', node: 2, attributes });
    trial.left.streamed({ kind: 'write', node: 2, attributes, sizeBytes: 1, offset: 0, content });
    expect(trial.left.count).toBe(3);
    trial.left.streamed({ kind: 'content', node: 2, attributes, content });
    trial.left.streamed({ kind: 'unlink', node: 9, parent: 1, name: fromText('new') });
    const size = { sizeBytes: 0, content };
    trial.left.streamed({ kind: 'create', node: 12, parent: 1, name: stray, type: 'file', attributes, ...size });
    expect(trial.left.count).toBe(0);
  });

  it('is forgotten when a later check of everything does not find it, or the stream begins anew', () => {
    const trial = new Trial().after(CONTENT, ORPHAN);
    trial.left.found(ORPHAN, 2);
    trial.left.checkEnded({ check: 2, finished: false, complete: true });
    trial.left.checkEnded({ check: 2, finished: true, complete: false });
    expect(trial.left.count).toBe(2);
    trial.left.checkEnded({ check: 2, finished: true, complete: true });
    expect(trial.paths).toEqual(['/srv/stray']);
    trial.left.clear();
    expect(trial.left.count).toBe(0);
  });
});
