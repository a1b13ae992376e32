import { describe, expect, it } from 'vitest';
import { AssertionError } from '../kernel/assert.ts';
import { isProblem } from '../problems/problem.ts';
import { newIdentity } from './identity.ts';
import type { IdentityFacts } from './identity.ts';
import { IdentityStore } from './identity-store.ts';
import type { DurableText } from './identity-store.ts';

class Memory implements DurableText {
  readonly files = new Map<string, string>();
  /** Of each file that is there; one that is empty can't be told from others. */
  readonly stamps = new Map<string, string>();
  reads = 0;
  read(path: string): string | null {
    this.reads++;
    return this.files.get(path) ?? null;
  }
  stamp(path: string): string | null {
    return this.stamps.get(path) ?? null;
  }
  writeDurably(path: string, text: string): void {
    this.files.set(path, text);
  }
  alone<Result>(_path: string, action: () => Result): Result {
    return action();
  }
}

const PATH = '/var/lib/understudy/identity.json';
const FINGERPRINT = 'ab'.repeat(32);
const FRESH = newIdentity({
  serverId: 'one',
  identity: 'primary',
  pairName: 'shop',
  key: '-----BEGIN PRIVATE KEY-----\n',
  certificate: '-----BEGIN CERTIFICATE-----\n',
  fingerprint: FINGERPRINT,
});
const PAIRED: IdentityFacts = {
  ...FRESH,
  pairId: 'pair',
  epoch: 4,
  lastRole: 'active',
  activeServerId: 'one',
  peer: { serverId: 'two', certificate: FRESH.certificate, fingerprint: FINGERPRINT, addresses: ['10.0.0.2:57348'] },
};

function store(file = new Memory()): { file: Memory; store: IdentityStore } {
  return { file, store: new IdentityStore({ file, path: PATH }) };
}

describe('the identity store', () => {
  it('gives back what was saved, and nothing before that', () => {
    const first = store();
    expect(first.store.load()).toBeNull();
    first.store.change(() => PAIRED);
    expect(store(first.file).store.load()).toEqual(PAIRED);
  });

  it('never lets the epoch go back within a pair, nor the server change its id', () => {
    const { store: kept } = store();
    kept.change(() => PAIRED);
    expect(() => kept.change(() => ({ ...PAIRED, epoch: 3 }))).toThrow(AssertionError);
    expect(() => kept.change(() => ({ ...PAIRED, serverId: 'other' }))).toThrow(AssertionError);
    kept.change(() => ({ ...PAIRED, pairId: 'a new pair', epoch: 1 }));
  });

  it('reads again only what is another file than before, or may be', () => {
    const { file, store: kept } = store();
    kept.change(() => PAIRED);
    file.reads = 0;
    expect([kept.loadChanged(), kept.loadChanged(), file.reads]).toEqual([PAIRED, PAIRED, 2]);
    file.stamps.set(PATH, 'one');
    expect([kept.loadChanged(), kept.loadChanged(), kept.loadChanged(), file.reads]).toEqual([
      PAIRED,
      'same',
      'same',
      3,
    ]);
    file.files.set(PATH, '{');
    file.stamps.set(PATH, 'two');
    expect(() => kept.loadChanged()).toThrow(/not whole/);
    expect(kept.loadChanged()).toBe('same');
    file.files.delete(PATH);
    file.stamps.delete(PATH);
    expect(kept.loadChanged()).toBeNull();
  });

  it.each<[string, string, RegExp]>([
    ['cut', '{"format": 1, "serverId"', /not whole/],
    ['of another format', JSON.stringify({ ...PAIRED, format: 2 }), /format/],
    ['with a field too many', JSON.stringify({ ...PAIRED, extra: 1 }), /extra/],
    ['with an epoch below zero', JSON.stringify({ ...PAIRED, epoch: -1 }), /epoch/],
    ['with a wrong fingerprint', JSON.stringify({ ...PAIRED, fingerprint: 'xyz' }), /fingerprint/],
    ['of enormous size', ' '.repeat(300_000), /too long/],
  ])('names a file that is %s', (_, content, reason) => {
    const { file, store: damaged } = store();
    file.files.set(PATH, content);
    try {
      damaged.load();
      expect.unreachable();
    } catch (error) {
      expect(isProblem(error, 'IDN-004')).toBe(true);
      expect((error as Error).message).toMatch(reason);
    }
  });
});
