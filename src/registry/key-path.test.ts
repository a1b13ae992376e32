import { expect, it } from 'vitest';
import { fold } from './key-path.ts';

it('names are the same where they differ in case only', () => {
  for (const [one, other] of ['aA', 'éÉ', 'ωΩ', 'σΣ', 'ςΣ', 'яЯ', 'ǆǄ'])
    expect(fold(one ?? '')).toBe(fold(other ?? ''));
  expect(fold('straße')).toBe('STRAßE');
});

it('letters that only share a capital are names of their own, as in Samba', () => {
  for (const [one, other] of ['µΜ', 'ıI', 'ſS', 'ǅǆ', '\u0345Ι', 'ϐΒ', 'ẛṠ']) {
    expect(fold(one ?? '')).not.toBe(fold(other ?? ''));
  }
});
