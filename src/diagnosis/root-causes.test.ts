import { expect, it } from 'vitest';
import type { Finding } from '../api/status.ts';
import { RULES, underTheirCauses } from './root-causes.ts';

/** Found by the primary server unless it is said otherwise; the second that it began in tells one from another. */
function finding(code: string, more: Partial<Finding> = {}): Finding {
  const server = more.server ?? 'primary';
  return {
    id: `${code} ${server} ${more.item ?? ''}`,
    code,
    severity: 'error',
    server,
    item: null,
    since: '2026-01-01T00:00:00.000Z',
    cause: '',
    evidence: [],
    resolution: '',
    action: null,
    parent: null,
    ...more,
  };
}

/** Codes, each indented under its cause. */
function shown(...findings: readonly Finding[]): string[] {
  const depths = new Map<string | null, number>([[null, -1]]);
  return underTheirCauses(findings).map(({ id, code, parent }) => {
    const depth = (depths.get(parent) ?? Number.NaN) + 1;
    depths.set(id, depth);
    return `${'  '.repeat(depth)}${code}`;
  });
}

const NO_WAY = finding('CHN-031', { item: 'route 10.0.0.2:57348' });
const STRANGER = finding('CHN-005', { item: 'stranger 10.0.0.2' });
const HELD = finding('N29', { item: '/srv/a', evidence: ['sh (process 7, unit shop.service) has it locked: sh'] });
const DENIED = finding('N29', {
  item: '/srv/b',
  evidence: ['the antivirus program clamonacc of ClamAV (process 8) decides who may open files there (fanotify)'],
});
const SECONDARY = { server: 'secondary' } as const;

it.each<[string, Finding[], string[]]>([
  ['what follows from nothing stands alone', [finding('CHN-003'), finding('DIA-001')], ['CHN-003', 'DIA-001']],
  ['the channel under why it is not there', [finding('CHN-003'), NO_WAY], ['CHN-031', '  CHN-003']],
  [
    'an edit that counts for nothing under the two edits that part the servers',
    [finding('DMN-005'), finding('CHN-010')],
    ['CHN-010', '  DMN-005'],
  ],
  ['not under a stranger who came', [finding('CHN-003'), STRANGER], ['CHN-003', 'CHN-005']],
  [
    'a stranger under the same one at our address',
    [STRANGER, { ...STRANGER, id: 'r', item: NO_WAY.item }],
    ['CHN-005', '  CHN-005'],
  ],
  [
    'a queue that fills under the channel, and further down',
    [finding('JRN-006', { cause: 'The send queue holds' }), finding('CHN-003'), NO_WAY],
    ['CHN-031', '  JRN-006', '  CHN-003'],
  ],
  [
    'the queue of the passive server not under the channel',
    [finding('JRN-006', { cause: 'The receive queue holds' }), NO_WAY],
    ['JRN-006', 'CHN-031'],
  ],
  [
    'what is late under what the passive server tells of itself',
    [finding('DIA-001', { severity: 'warning' }), finding('APL-030', SECONDARY)],
    ['APL-030', '  DIA-001'],
  ],
  [
    'and not under what the same server tells',
    [finding('DIA-001', { severity: 'warning' }), finding('APL-030')],
    ['APL-030', 'DIA-001'],
  ],
  [
    'a folder that is gone, where it is',
    [finding('APL-021', { ...SECONDARY, item: '/a' }), finding('CAP-001', { item: '/a' })],
    ['CAP-001', '  APL-021'],
  ],
  [
    'and not another folder',
    [finding('APL-021', { ...SECONDARY, item: '/a' }), finding('CAP-001', { item: '/b' })],
    ['APL-021', 'CAP-001'],
  ],
  [
    'a held file under the service that holds it',
    [HELD, DENIED, finding('SVC-010', { item: 'shop.service' })],
    ['N29', 'SVC-010', '  N29'],
  ],
  [
    'a held file under the service that counts as stopped and holds it',
    [HELD, finding('SVC-018', { item: 'shop.service' })],
    ['SVC-018', '  N29'],
  ],
  ['and not under another service', [HELD, finding('SVC-010', { item: 'op.service' })], ['N29', 'SVC-010']],
  [
    'a held file under the antivirus that refuses it',
    [HELD, DENIED, finding('DIA-021', { item: '/srv', severity: 'warning' })],
    ['N29', 'DIA-021', '  N29'],
  ],
  [
    'a held file under the antivirus that decides in all that is protected',
    [DENIED, finding('DIA-021', { item: '/', severity: 'warning' })],
    ['DIA-021', '  N29'],
  ],
  [
    'and not outside of its folder',
    [DENIED, finding('DIA-021', { item: '/sr', severity: 'warning' })],
    ['N29', 'DIA-021'],
  ],
])('%s', (_, findings, expected) => {
  expect(shown(...findings)).toEqual(expected);
});

it('puts worst first, then oldest, and loses none', () => {
  const since = (second: number): Partial<Finding> => ({ since: `2026-01-01T00:00:0${second}.000Z` });
  const findings = [
    finding('DIA-010', { severity: 'information' }),
    finding('CHN-003', since(3)),
    finding('JRN-001', since(2)),
    { ...NO_WAY, ...since(4) },
  ];
  expect(shown(...findings)).toEqual(['JRN-001', 'CHN-031', '  CHN-003', 'DIA-010']);
});

it('leads from no code back to it, so that every finding is shown', () => {
  const causesOf = (code: string): string[] =>
    RULES.filter(({ consequences }) => (consequences as readonly string[]).includes(code)).flatMap(
      ({ causes }) => causes,
    );
  const isReached = (from: string, code: string, met = new Set<string>()): boolean =>
    causesOf(from).some((cause) => {
      if (cause === code) return true;
      if (met.has(cause)) return false;
      met.add(cause);
      return isReached(cause, code, met);
    });
  const consequences = new Set(RULES.flatMap((rule) => rule.consequences));
  // Of strangers one is under another who is none, and so under nothing further.
  const isTested = (code: string): boolean => !/^(IDN-001|CHN-(00\d|010|03\d|04\d))$/.test(code);
  expect([...consequences].filter(isTested).filter((code) => isReached(code, code))).toEqual([]);
});
