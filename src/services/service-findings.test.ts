import { expect, it } from 'vitest';
import { NOTHING_KNOWN } from './machine.ts';
import { type ServiceFacts, type TargetState, UNKNOWN_SERVICE } from './service.ts';
import { serviceFindings } from './service-findings.ts';

function codes(facts: Partial<ServiceFacts>, target: TargetState = 'Running', isAdopted = true): string[] {
  const rule = {
    name: 'shop',
    isManaged: true,
    isMonitored: true,
    startTimeoutMs: 1000,
    stopTimeoutMs: 1000,
    onFailure: [{ kind: 'warn' }],
  } as const;
  const seen = { ...UNKNOWN_SERVICE, state: 'Running', ...facts } as const;
  const view = { rule, managerTitle: 'runit', isAdopted, target, facts: seen, memory: NOTHING_KNOWN };
  return serviceFindings(view).map(({ problem }) => problem.code);
}

it.each<[string, Partial<ServiceFacts>, string[]]>([
  ['as it should be', { recovery: 'Take No Action', start: 'Manual' }, []],
  ['what its manager would do is not known', {}, []],
  ['its manager would start it again', { recovery: 'Restart', start: 'Manual' }, ['SVC-017']],
  ['it ends', { recovery: 'Restart', state: 'Stopping' }, []],
  ['its guard is away', { recovery: 'Restart (always)', isGuarded: false }, ['SVC-012']],
  ['its guard is there', { recovery: 'Restart (always)', isGuarded: true }, []],
])('of a service on the active server: %s', (_of, facts, expected) => {
  expect(codes(facts)).toEqual(expected);
});

it('what is to be stopped, or is not in our hands, is not told to be started again', () => {
  expect(codes({ recovery: 'Restart' }, 'Stopped')).toEqual([]);
  expect(codes({ recovery: 'Restart' }, 'Running', false)).toEqual(['SVC-001']);
});

it('what is left of a service that counts as stopped is told on the passive server, and what is done about it', () => {
  const remains = { processes: [7, 8], evidence: [], meant: null };
  expect(codes({ state: 'Failed', remains }, 'Stopped')).toEqual(['SVC-018']);
  expect(codes({ state: 'Failed', remains: { ...remains, meant: 'KillMode=process' } }, 'Stopped')).toEqual([
    'SVC-018',
  ]);
  expect(codes({ state: 'Stopped', remains }, 'Running')).toEqual([]);
});
