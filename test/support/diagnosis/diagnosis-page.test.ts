import { expect, it } from 'vitest';
import { withRows } from './diagnosis-page.ts';
import type { Row } from './scenario.ts';

const NAMES = ['a first', 'second | third', 'so too'];
const row = (scenario: string, cause = 'because'): Row => ({
  scenario,
  codes: 'CHN-033 (active)',
  cause,
  evidence: '',
  resolution: 'mended',
  toldMs: 1000,
  toldMsMax: 5000,
  toldLater: '',
  clearedMs: 500,
});

it('keeps earlier rows, replaces those of the same scenario, and stands in the order of the scenarios', () => {
  const first = withRows('', [row('second | third'), row('so too'), row('a first')], NAMES);
  const again = withRows(first, [row('second | third', 'another')], NAMES);
  const rows = again.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| scenario'));
  expect(rows.map((line) => line.slice(0, 8))).toEqual(['| a firs', '| second', '| so too']);
  expect(again).toContain('another');
  expect(again).toContain('3 scenarios.');
});

it('forgets scenarios that are no more', () => {
  expect(withRows(withRows('', [row('gone')], ['gone']), [], NAMES)).toContain('0 scenarios.');
});

it('names a program without the folder in which this machine has it', () => {
  const page = withRows('', [row('a first', 'run by /opt/some/bin/python3 /tmp/understudy-x/file now')], NAMES);
  expect(page).toContain('run by python3 … now');
});

it('says why something is told later than usual', () => {
  const later = { ...row('a first'), toldMs: 9000, toldLater: '10 s: it is asked about so often' };
  expect(withRows('', [later], NAMES)).toContain('| 9.0 s (10 s: it is asked about so often) | 0.5 s |');
});
