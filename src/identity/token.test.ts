import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WallMs } from '../kernel/units.ts';
import { isProblem } from '../problems/problem.ts';
import { systemSecrets } from '../system/machine/secrets.ts';
import { decodeToken, encodeToken } from './token.ts';
import type { Token } from './token.ts';

const TOKEN: Token = {
  pairName: 'Lädchen',
  addresses: ['10.0.0.1:57348', '[fd00::1]:57348'],
  fingerprint: 'cd'.repeat(32),
  secret: Uint8Array.from({ length: 16 }, (_, index) => index),
  expiresAtMs: 1_800_000_000_123 as WallMs,
};
const TEXT = encodeToken(TOKEN, systemSecrets);

function fails(text: string): void {
  try {
    decodeToken(text, systemSecrets);
    expect.unreachable();
  } catch (error) {
    expect(isProblem(error, 'IDN-002')).toBe(true);
  }
}

describe('a token', () => {
  it('is one word and carries everything', () => {
    expect(TEXT).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeToken(TEXT, systemSecrets)).toEqual(TOKEN);
  });

  it('may have been wrapped when it was pasted', () => {
    expect(decodeToken(` ${TEXT.slice(0, 20)}\n  ${TEXT.slice(20)}\r\n`, systemSecrets)).toEqual(TOKEN);
  });

  it('is refused when cut anywhere', () => {
    for (let length = 0; length < TEXT.length; length += 1) fails(TEXT.slice(0, length));
  });

  it('is refused when a character was altered', () => {
    fc.assert(
      fc.property(fc.nat(TEXT.length - 1), fc.constantFrom('A', 'b', '7', '_'), (at, character) => {
        fc.pre(TEXT[at] !== character);
        fails(TEXT.slice(0, at) + character + TEXT.slice(at + 1));
      }),
    );
  });

  it.each(['shop', 'shops', 'a shop'])('is refused when its last character alone was altered (pair %s)', (pairName) => {
    const text = encodeToken({ ...TOKEN, pairName }, systemSecrets);
    for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      if (!text.endsWith(character)) fails(text.slice(0, -1) + character);
    }
  });

  it('is refused when it is something else', () => {
    for (const text of ['', 'hello', 'x'.repeat(10_000), 'Ünï', '{"a":1}']) fails(text);
    fc.assert(fc.property(fc.string(), (text) => fails(text)));
  });
});
