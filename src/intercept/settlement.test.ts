import { expect, it } from 'vitest';
import { OPCODE } from '../fuse/opcodes.ts';
import { STAGE } from './progress.ts';
import { settlementOf } from './settlement.ts';

const of = (stage: number, more: Partial<Parameters<typeof settlementOf>[0]> = {}): string =>
  settlementOf({ opcode: OPCODE.write, stage, hasRecord: false, outcome: 0, ...more });

it('a request of which nothing was done is carried out as if it were read now', () => {
  expect(of(STAGE.none)).toBe('afresh');
});

it('one that may have been done is carried out once more, from the moment that its record has a place', () => {
  expect(of(STAGE.none, { hasRecord: true })).toBe('again');
  expect(of(STAGE.begun)).toBe('again');
  expect(of(STAGE.begun, { hasRecord: true })).toBe('again');
});

it('one that was done is never done again', () => {
  expect(of(STAGE.done, { hasRecord: true })).toBe('answer');
  expect(of(STAGE.done, { outcome: -28 })).toBe('fail');
  expect(of(STAGE.answering, { outcome: -28 })).toBe('send');
});

it('a file without a name has gone with who had it open, and is made anew', () => {
  expect(of(STAGE.done, { opcode: OPCODE.tmpfile })).toBe('afresh');
  expect(of(STAGE.answering, { opcode: OPCODE.tmpfile })).toBe('send');
});
