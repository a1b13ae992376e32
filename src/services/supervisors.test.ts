import { expect, it } from 'vitest';
import { seenByRunit, seenByS6, seenBySupervisord, SUPERVISORS } from './supervisors.ts';

it.each([
  ['run: /etc/service/shop: (pid 12) 5s', { state: 'Running', start: 'Automatic', recovery: 'Restart' }],
  [
    'run: /etc/service/shop: (pid 12) 5s, normally down, want down',
    { state: 'Running', start: 'Manual', recovery: 'Take No Action' },
  ],
  ['down: /etc/service/shop: 1s, normally up', { state: 'Stopped', start: 'Automatic', recovery: 'Take No Action' }],
  ['down: /etc/service/shop: 1s', { state: 'Stopped', start: 'Manual', recovery: 'Take No Action' }],
  ['down: /etc/service/shop: 0s, want up', { state: 'Starting', start: 'Manual', recovery: 'Restart' }],
  ['finish: /etc/service/shop: (pid 3) 1s, want down', { state: 'Stopping', recovery: 'Take No Action' }],
  ['fail: /x: unable to change to service directory: file does not exist', { state: 'Missing' }],
])('reads what sv says: %s', (output, seen) => {
  expect(seenByRunit(`${output}\n`)).toMatchObject(seen);
});

it('does not guess where a supervisor could not tell', () => {
  expect(seenByRunit('fail: /etc/service/shop: runsv not running\n')).toBeNull();
  expect(seenByS6('')).toBeNull();
  expect(seenBySupervisord('unix:///run/supervisor.sock no such file\n')).toBeNull();
});

it('reads what s6-svstat and supervisorctl say', () => {
  expect(seenByS6('true false false\n')).toEqual({ state: 'Running', start: 'Manual', recovery: 'Take No Action' });
  expect(seenByS6('false true true\n')).toEqual({ state: 'Starting', start: 'Automatic', recovery: 'Restart' });
  expect(seenBySupervisord('shop      BACKOFF   Exited too quickly\n')).toEqual({ state: 'Starting' });
  expect(seenBySupervisord('shop: ERROR (no such process)\n')).toEqual({ state: 'Missing' });
});

it('takes a name for one in the usual folder, and a whole path as it is', () => {
  expect(SUPERVISORS.runit.downFileOf('shop')).toBe('/etc/service/shop/down');
  expect(SUPERVISORS.s6.downFileOf('/srv/s6/shop')).toBe('/srv/s6/shop/down');
  const { start } = SUPERVISORS.runit.commandsOf('shop', { startTimeoutMs: 1_500, stopTimeoutMs: 1_000 });
  expect(start).toEqual(['sv', '-v', '-w', '2', 'once', '/etc/service/shop']);
});
