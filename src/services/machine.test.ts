import { expect, it } from 'vitest';
import { decide, NOTHING_KNOWN, type ServiceMemory, type Sight, STABLE_MS } from './machine.ts';
import type { ServiceRule, ServiceState } from './service.ts';

const RULE: ServiceRule = {
  name: 'shop.service',
  isManaged: true,
  isMonitored: true,
  startTimeoutMs: 5_000,
  stopTimeoutMs: 5_000,
  onFailure: [{ kind: 'recover' }, { kind: 'restart' }, { kind: 'warn' }],
};

/** Looks at one service again and again, as time goes by. */
class Trial {
  memory: ServiceMemory = NOTHING_KNOWN;
  nowMs = 0;
  target: Sight['target'] = 'Running';
  rule = RULE;

  see(state: ServiceState, afterMs = 1_000, more: Partial<Sight> = {}): string {
    this.nowMs += afterMs;
    const sight = { state, run: null, illness: null, target: this.target, isItsTurn: true, nowMs: this.nowMs, ...more };
    const { memory, action, news } = decide(this.memory, this.rule, sight);
    this.memory = memory;
    const told = news.map((one) => ('count' in one ? `${one.kind} ${one.count} ${one.action}` : one.kind));
    return [action?.kind ?? '-', ...told].join(' ');
  }
}

it('starts what is to run, once its turn comes, and leaves what runs alone', () => {
  const trial = new Trial();
  expect(trial.see('Stopped', 0, { isItsTurn: false })).toBe('-');
  expect(trial.see('Stopped')).toBe('start');
  expect(trial.see('Stopped', 10)).toBe('-');
  expect(trial.see('Starting', 10)).toBe('-');
  expect(trial.see('Running')).toBe('- started');
  expect(trial.see('Running')).toBe('-');
});

it('acts on the first, the second and the third failure as it is told, and gives up last', () => {
  const trial = new Trial();
  expect(trial.see('Running')).toBe('-');
  expect(trial.see('Failed')).toBe('start failed 1 recover');
  expect(trial.see('Running')).toBe('- started');
  expect(trial.see('Stopping')).toBe('-');
  expect(trial.see('Stopped')).toBe('restartAll failed 2 restart');
  expect(trial.see('Stopped')).toBe('start');
  // That it does not come up is a failure, too.
  expect(trial.see('Failed')).toBe('- failed 3 warn');
  expect(trial.see('Failed', 100_000)).toBe('-');
  // Somebody has mended it.
  expect(trial.see('Running')).toBe('-');
  expect(trial.memory.isGivenUp).toBe(false);
});

it('forgets failures once it has run long enough', () => {
  const trial = new Trial();
  trial.see('Running');
  trial.see('Failed');
  trial.see('Running');
  expect(trial.see('Running', STABLE_MS - 1)).toBe('-');
  expect(trial.see('Running', 1)).toBe('- healed');
  expect(trial.see('Failed')).toBe('start failed 1 recover');
});

it('counts a failure that it did not see, by the other run', () => {
  const trial = new Trial();
  trial.see('Running', 0, { run: 'a' });
  expect(trial.see('Running', 1_000, { run: 'b' })).toBe('- failed 1 none');
  expect(trial.see('Running', 1_000, { run: 'b' })).toBe('-');
});

it('tells a start and a stop that take too long once', () => {
  const trial = new Trial();
  trial.see('Stopped');
  expect(trial.see('Starting', 4_999)).toBe('-');
  expect(trial.see('Starting', 1)).toBe('- startLate');
  expect(trial.see('Starting', 10_000)).toBe('-');
  trial.see('Running');
  trial.target = 'Stopped';
  expect(trial.see('Running')).toBe('stop');
  expect(trial.see('Stopping', 4_999)).toBe('-');
  expect(trial.see('Stopping', 1)).toBe('kill stopLate');
  expect(trial.see('Stopping', 999)).toBe('-');
  expect(trial.see('Stopping', 1)).toBe('kill');
  expect(trial.see('Failed')).toBe('- stopped');
});

it('stops at once what runs where it must not, and ends it when it does not obey', () => {
  const trial = new Trial();
  trial.target = 'Stopped';
  expect(trial.see('Stopped')).toBe('-');
  expect(trial.see('Running', 1_000, { isItsTurn: false })).toBe('stop stray');
  expect(trial.see('Running', 500)).toBe('-');
  expect(trial.see('Running', 500)).toBe('kill');
  expect(trial.see('Stopped')).toBe('- stopped');
  expect(trial.see('Starting')).toBe('stop stray');
});

it('starts no more often than the machine bears', () => {
  const trial = new Trial();
  trial.rule = { ...RULE, onFailure: [{ kind: 'recover' }] };
  let starts = 0;
  trial.see('Running');
  for (let look = 0; look < 1_000; look += 1) {
    const ups = trial.memory.phase === 'starting';
    if (trial.see(ups ? 'Running' : 'Failed', 10).startsWith('start')) starts += 1;
  }
  // 30 at once, and then one a second.
  expect(starts).toBeGreaterThan(30);
  expect(starts).toBeLessThanOrEqual(40);
  // Who only ends it often waits no longer than that second.
  trial.see('Running');
  trial.see('Failed', 10);
  expect(trial.see('Failed', 1_000)).toMatch(/^start/);
});

it('knows nothing of a service that is not there', () => {
  const trial = new Trial();
  trial.see('Running');
  expect(trial.see('Missing')).toBe('-');
  expect(trial.see('Stopped')).toBe('start');
});

it('restarts one that runs and does not work, as it is told for each failure', () => {
  const trial = new Trial();
  const illness = 'no answer';
  trial.see('Running');
  expect(trial.see('Running', 1_000, { illness })).toBe('stop failed 1 recover');
  expect(trial.see('Running', 100)).toBe('-');
  expect(trial.see('Stopping', 100)).toBe('-');
  expect(trial.see('Stopped', 100)).toBe('start');
  expect(trial.see('Running', 100)).toBe('- started');
  expect(trial.memory).toMatchObject({ failures: 1, illness, isRestarting: false });
  expect(trial.see('Running', 1_000, { illness })).toBe('restartAll failed 2 restart');
  trial.see('Running', 1_000);
  // It is left as it is: it runs.
  expect(trial.see('Running', 1_000, { illness })).toBe('- failed 3 warn');
  expect(trial.see('Running', STABLE_MS)).toBe('- healed');
});

it('kills one that does not work and does not stop either, and leaves one alone that is not monitored', () => {
  const trial = new Trial();
  trial.see('Running');
  trial.see('Running', 1_000, { illness: 'no answer' });
  expect(trial.see('Stopping', 5_000)).toBe('kill stopLate');
  expect(trial.see('Failed', 100)).toBe('start');
  const other = new Trial();
  other.rule = { ...RULE, isMonitored: false };
  other.see('Running');
  expect(other.see('Running', 1_000, { illness: 'no answer' })).toBe('-');
});

it('that one stopped to be started again waits for its turn is no failure of it', () => {
  const trial = new Trial();
  trial.see('Running');
  expect(trial.see('Running', 1_000, { illness: 'it does not answer' })).toBe('stop failed 1 recover');
  expect(trial.see('Stopping')).toBe('-');
  for (let looks = 0; looks < 3; looks += 1) expect(trial.see('Stopped', 1_000, { isItsTurn: false })).toBe('-');
  expect(trial.see('Stopped')).toBe('start');
  expect(trial.memory.failures).toBe(1);
});
