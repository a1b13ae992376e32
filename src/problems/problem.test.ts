import { expect, it } from 'vitest';
import { GIB } from '../kernel/units.ts';
import { describe } from './problem.ts';

it('a large size is told in larger units, a small one in bytes', () => {
  const full = { directory: '/q', freeBytes: 27_824_128, freeBytesMin: GIB } as const;
  expect(describe({ code: 'JRN-007', parameters: full }).message).toBe(
    'The disk of the queues (/q) has 26.5 MiB left; 1.00 GiB are to stay free.',
  );
  expect(describe({ code: 'JRN-007', parameters: { ...full, freeBytes: 0 } }).message).toContain('has 0 bytes left;');
  const sent = { minutes: 3, bytes: 10 * GIB, bytesPerSecond: 21_526_815 };
  expect(describe({ code: 'DIA-010', parameters: sent }).cause).toBe(
    'It may hold 10.0 GiB, and about 20.5 MiB a second are sent now.',
  );
});

it('a long time is told in larger units, a short one to the millisecond', () => {
  const said = (differenceMs: number, maxMs = 5_000) =>
    describe({ code: 'CHN-011', parameters: { differenceMs, maxMs } }).message;
  expect(said(599_909)).toBe('The clocks of the two servers differ by 9 min (allowed 5 s).');
  expect(said(5_400)).toBe('The clocks of the two servers differ by 5400 ms (allowed 5 s).');
  expect(said(12, 10)).toContain('differ by 12 ms (allowed 10 ms)');
});

it('a reason that is the kernel’s word alone is told in words, too', () => {
  const said = (reason: string) => describe({ code: 'CLI-011', parameters: { file: '/a', reason } }).message;
  expect(said('EACCES')).toBe('Cannot write /a: permission denied (EACCES).');
  expect(said('EWHATEVER')).toBe('Cannot write /a: EWHATEVER.');
  expect(said('mkdir gave EACCES')).toBe('Cannot write /a: mkdir gave EACCES.');
});
