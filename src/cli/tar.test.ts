import { expect, it } from 'vitest';
import { tarOf } from './tar.ts';

it('is made of blocks: a header with its sum, the content, and two of zeroes', () => {
  const archive = tarOf([{ name: 'a/b', text: 'content' }], 1_000_000);
  expect(archive).toHaveLength(4 * 512);
  expect(archive.toString('latin1', 0, 3)).toBe('a/b');
  expect(archive.toString('latin1', 124, 135)).toBe('00000000007');
  const header = Buffer.from(archive.subarray(0, 512));
  const told = Number.parseInt(header.toString('latin1', 148, 154), 8);
  header.fill(' ', 148, 156);
  expect(header.reduce((all, byte) => all + byte, 0)).toBe(told);
  expect(archive.toString('latin1', 512, 519)).toBe('content');
  expect(archive.subarray(1024).every((byte) => byte === 0)).toBe(true);
});
