import { expect, it } from 'vitest';
import { antivirusOf } from './antivirus.ts';
import { describeHolders, type Holder } from './holders.ts';

function holder(processId: number, name: string, unit: string | null, ...ways: string[]): Holder {
  return { process: { processId, name, unit, commandLine: `/usr/sbin/${name} --run` }, ways };
}

it('names the process, its unit, how it holds the file, and how to end that', () => {
  expect(describeHolders([holder(812, 'mysqld', 'mysql.service', 'locked', 'written')], 'open')).toEqual({
    holder: 'mysqld (process 812, unit mysql.service), which has it open for writing and has it locked',
    hint: 'Stop it: `systemctl disable --now mysql.service`.',
    evidence: [
      'mysqld (process 812, unit mysql.service) has it open for writing and has it locked: /usr/sbin/mysqld --run',
    ],
  });
});

it('names first who writes, and counts the others', () => {
  const {
    holder: text,
    hint,
    evidence,
  } = describeHolders([holder(7, 'tail', null, 'locked'), holder(9, 'vi', 'session-1.scope', 'written')], 'open');
  expect(text).toBe('vi (process 9, unit session-1.scope), which has it open for writing, and 1 more');
  expect(hint).toBe('End vi (process 9). End tail (process 7).');
  expect(evidence).toHaveLength(2);
});

it('tells antivirus apart, and who may be one', () => {
  const clam = describeHolders([holder(5, 'clamonacc', 'clamav-clamonacc.service', 'listens')], 'denied');
  expect(clam.holder).toContain('the antivirus program clamonacc of ClamAV (process 5, unit clamav-clamonacc.service)');
  expect(clam.hint).toBe('Exclude the protected folders from the scans of ClamAV.');
  const other = describeHolders([holder(6, 'guard', 'guard.service', 'listens')], 'denied');
  expect(other.hint).toBe('If guard is antivirus or access control, exclude the protected folders from it.');
});

it.each([
  [{ name: 'clamd', unit: null }, 'ClamAV'],
  [{ name: 'worker', unit: 'clamd@scan.service' }, 'ClamAV'],
  [{ name: 'wdavdaemon', unit: 'mdatp.service' }, 'Microsoft Defender'],
  [{ name: 'mysqld', unit: 'mysql.service' }, null],
  [{ name: 'sh', unit: 'session-1.scope' }, null],
  [{ name: 'sh', unit: null }, null],
])('knows antivirus by its programs and units: %o', (process, product) => {
  expect(antivirusOf(process)).toBe(product);
});

it('says what is known where nobody was found', () => {
  const { holder: text, hint } = describeHolders([], 'denied');
  expect(text).toBe('a process that could not be found, which keeps everybody from opening it');
  expect(hint).toContain('fuser');
});
