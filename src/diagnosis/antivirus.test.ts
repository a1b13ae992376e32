import { expect, it } from 'vitest';
import { type ScannerSeen, scannerTroubles } from './antivirus.ts';

const CLAMONACC = { processId: 7, name: 'clamonacc', commandLine: '', unit: 'clamav-clamonacc.service' };
const seen = (changes: Partial<ScannerSeen>): ScannerSeen[] => [{ process: CLAMONACC, decidesIn: [], ...changes }];
const nothing = (): boolean => false;

it('warns of a scanner that decides who may open protected files, and says which exclusion to set', () => {
  const [trouble, ...others] = scannerTroubles(seen({ decidesIn: ['/srv/shop'] }), nothing);
  expect(others).toEqual([]);
  expect(trouble).toMatchObject({ problem: { code: 'DIA-021' }, item: '/srv/shop' });
  expect(trouble?.problem.parameters['exclusion']).toContain('`OnAccessExcludePath /srv/shop`');
  expect(trouble?.evidence).toEqual(['clamonacc (process 7, unit clamav-clamonacc.service) runs here']);
});

it('warns of a scanner whose own files are protected, once for all its processes', () => {
  const both = [...seen({}), ...seen({ process: { ...CLAMONACC, processId: 8, name: 'clamd', unit: null } })];
  const troubles = scannerTroubles(both, (folder) => folder.startsWith('/var/lib'));
  expect(troubles.map(({ problem, item }) => [problem.code, item])).toEqual([['DIA-020', '/var/lib/clamav']]);
});

it('tells of one that is not known where it decides, and of no other program', () => {
  const unknown = { ...CLAMONACC, processId: 9, name: 'guard', unit: null };
  const [trouble] = scannerTroubles([{ process: unknown, decidesIn: ['/srv'] }], () => true);
  expect(trouble?.problem.parameters['exclusion']).toContain('If it is antivirus');
  expect(scannerTroubles([{ process: unknown, decidesIn: [] }], () => true)).toEqual([]);
});
