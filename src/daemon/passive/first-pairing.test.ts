import { describe, expect, it } from 'vitest';
import type { Difference } from '../../changes/difference.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { FirstPairing } from './first-pairing.ts';

const WHERE = { folder: '/srv/shop/**', source: 'primary', target: 'secondary' };
const attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
const entry = {
  name: fromText('a'),
  node: 2,
  type: 'file',
  attributes,
  sizeBytes: 0,
  hash: 0n,
  target: fromText(''),
  linked: false,
} as const;
const MISSING: Difference = { kind: 'missing', parent: 1, entry };
const CONTENT: Difference = { kind: 'content', parent: 1, entry };
const FOLDER = {
  kind: 'attributes',
  node: 2,
  parent: 1,
  entry: { ...entry, type: 'folder' },
  attributes,
  what: ['mtime'],
  proof: 'whole',
} as const;
const ORPHAN: Difference = { kind: 'orphan', parent: 1, name: fromText('b'), type: 'file' };

/** A passive server that holds data, and how often it was adopted. */
function pairing(open = true): { pairing: FirstPairing; adopted: () => number } {
  let adopted = 0;
  return { pairing: new FirstPairing({ open, adopt: () => void adopted++ }), adopted: () => adopted };
}

describe('a first pairing with a passive server that holds data', () => {
  it('says what would be replaced, set aside, and is newer', () => {
    const { pairing: first } = pairing();
    first.begin();
    first.found(MISSING, '/srv/shop/new', false);
    first.found(CONTENT, '/srv/shop/a', true);
    first.found(CONTENT, '/srv/shop/c', false);
    first.found(ORPHAN, '/srv/shop/b', false);
    expect(first.end(WHERE, true)).toEqual({
      code: 'APL-003',
      parameters: { ...WHERE, replaced: 2, orphans: 1, newer: 1 },
    });
    expect(first.evidence).toEqual([
      '/srv/shop/a: would be replaced, newer here',
      '/srv/shop/c: would be replaced',
      '/srv/shop/b: only here',
    ]);
    expect(first.nothingToLose).toBe(false);
    expect(first.isOpen).toBe(true);
  });

  it('asks nobody where nothing would be lost', () => {
    const { pairing: first } = pairing();
    first.begin();
    first.found(MISSING, '/srv/shop/new', false);
    expect(first.nothingToLose).toBe(false);
    expect(first.end(WHERE, true)).toBeNull();
    expect(first.nothingToLose).toBe(true);
  });

  it('asks nobody for folders that somebody made beforehand, whatever their mode and times', () => {
    const { pairing: first } = pairing();
    first.begin();
    first.found({ ...FOLDER, parent: null, entry: null }, '/srv/shop', true);
    first.found(FOLDER, '/srv/shop/img', true);
    expect(first.end(WHERE, true)).toBeNull();
    expect(first.nothingToLose).toBe(true);
    first.found({ ...FOLDER, entry }, '/srv/shop/a', false);
    expect(first.end(WHERE, true)).toMatchObject({ parameters: { replaced: 1, newer: 0 } });
  });

  it('does not call nothing lost what a preview left out', () => {
    const { pairing: first } = pairing();
    first.begin();
    expect(first.end(WHERE, false)).toBeNull();
    expect(first.nothingToLose).toBe(false);
    expect(first.hasEnded).toBe(false);
  });

  it('goes on asking where the preview left something out', () => {
    const { pairing: first } = pairing();
    first.begin();
    expect(first.end(WHERE, false)).toBeNull();
    expect([first.nothingToLose, first.hasEnded]).toEqual([false, false]);
    first.found(CONTENT, '/srv/shop/a', false);
    expect(first.end(WHERE, false)).toMatchObject({ code: 'APL-003' });
    expect([first.nothingToLose, first.hasEnded]).toEqual([false, true]);
  });

  it('forgets an earlier preview when another begins', () => {
    const { pairing: first } = pairing();
    first.found(CONTENT, '/srv/shop/a', false);
    first.begin();
    expect(first.preview).toEqual({ replaced: 0, orphans: 0, newer: 0 });
    expect(first.evidence).toEqual([]);
    expect(first.end(WHERE, true)).toBeNull();
  });

  it('shows twenty paths at most and counts them all', () => {
    const { pairing: first } = pairing();
    for (let i = 0; i < 30; i++) first.found(CONTENT, `/srv/${String(i)}`, false);
    expect(first.evidence).toHaveLength(20);
    expect(first.preview.replaced).toBe(30);
  });

  it('is confirmed once, durably before anything is replaced', () => {
    const { pairing: first, adopted } = pairing();
    expect(first.confirm()).toBe(true);
    expect(first.isOpen).toBe(false);
    expect(first.confirm()).toBe(false);
    expect(adopted()).toBe(1);
  });

  it('stays open where adopting it fails', () => {
    const first = new FirstPairing({
      open: true,
      adopt: () => {
        throw new Error('disk full');
      },
    });
    expect(() => first.confirm()).toThrow('disk full');
    expect(first.isOpen).toBe(true);
  });

  it('is none where the passive server held nothing', () => {
    const { pairing: none, adopted } = pairing(false);
    expect(none.confirm()).toBe(false);
    expect([none.isOpen, none.nothingToLose, adopted()]).toEqual([false, false, 0]);
  });
});
