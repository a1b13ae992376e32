import { beforeEach, expect, it } from 'vitest';
import { PLAIN_FILES_BYTES, PlainFiles } from './plain-files.ts';

const FIRST = [4100, 0xffff_fffe] as const;
/** Where the first one stands, too. */
const SECOND = [4100 + 4096, 7] as const;
const FAR = 0xffff_fff0;

let memory: SharedArrayBuffer;
let plain: PlainFiles;
let other: PlainFiles;

beforeEach(() => {
  memory = new SharedArrayBuffer(PLAIN_FILES_BYTES + 64);
  [plain, other] = [new PlainFiles(memory, 64), new PlainFiles(memory, 64)];
});

it('says of a file that was made that it is plain, to all who have the memory, and of no other', () => {
  plain.add(...FIRST);
  plain.add(FAR, 1);
  expect([other.has(...FIRST), other.has(FAR, 1)]).toEqual([true, true]);
  expect([other.has(FIRST[0], 8), other.has(FAR, 2), other.has(...SECOND)]).toEqual([false, false, false]);
});

it('forgets a file whose place another one takes', () => {
  plain.add(...FIRST);
  plain.add(...SECOND);
  expect([plain.has(...FIRST), plain.has(...SECOND)]).toEqual([false, true]);
});

it('forgets one, without another in its place, or all', () => {
  for (const [low, high] of [FIRST, [FAR, 1], [5, 5]] as const) plain.add(low, high);
  other.remove(SECOND[0]);
  expect(plain.has(...FIRST)).toBe(true);
  other.remove(FIRST[0]);
  other.remove(FAR);
  expect([plain.has(...FIRST), plain.has(FAR, 1), plain.has(5, 5)]).toEqual([false, false, true]);
  other.clear();
  expect(plain.has(5, 5)).toBe(false);
});
