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
