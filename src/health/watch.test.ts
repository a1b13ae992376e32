import { expect, it } from 'vitest';
import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { HealthLooks } from '../kernel/health-looks.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import type { HealthRule } from './rule.ts';
import { HealthWatch } from './watch.ts';

const PROBE: HealthRule = {
  name: 'shop',
  question: { kind: 'http', url: 'http://127.0.0.1/' },
  service: 'shop.service',
  intervalMs: 1_000,
  timeoutMs: 500,
  times: 2,
  forMs: 0,
  isLatched: false,
};
const DISK: HealthRule = {
  ...PROBE,
  name: 'disk',
  question: { kind: 'disk', path: '/srv', max: 90 },
  service: null,
  times: 1,
  forMs: 2_000,
};

/** Time goes by when the test says so, and what is asked is answered as the test has it. */
class Trial implements Clock, Timers {
  nowMs = 0;
  rules: readonly HealthRule[];
  isPaused = false;
  run: string | null = 'first';
  isGood = true;
  diskUsed: number | null = 50;
  readonly failed: string[] = [];
  readonly raised = new Map<string, string>();
  asked = 0;
  readonly watch: HealthWatch;

  constructor(rules: readonly HealthRule[], role: 'active' | 'passive' = 'active') {
    this.rules = rules;
    const looks: HealthLooks = {
      http: async () => {
        this.asked += 1;
        return { isGood: this.isGood, detail: this.isGood ? 'the status 200' : 'the status 503' };
      },
      tcp: async () => ({ isGood: true, detail: '' }),
      diskUsed: async () => this.diskUsed,
      memoryUsed: () => 1,
      loadPerProcessor: () => 1,
    };
    this.watch = new HealthWatch({
      role,
      looks,
      rules: () => this.rules,
      isPaused: () => this.isPaused,
      runOf: () => this.run,
      failed: (service, reason) => this.failed.push(`${service} ${reason}`),
      programs: { run: async () => ({ status: 0, output: '', error: '' }) },
      clock: this,
      timers: this,
      findings: {
        raise: ({ code }, { item, action = '' }) => void this.raised.set(`${code} ${item}`, action),
        clearAll: (code, but) => {
          for (const key of this.raised.keys())
            if (key.startsWith(code) && !but.includes(key.slice(code.length + 1))) this.raised.delete(key);
        },
      },
    });
  }

  monotonicMs = (): MonotonicMs => this.nowMs as MonotonicMs;
  wallMs = (): WallMs => this.nowMs as WallMs;
  after = (): Cancel => () => {};
  every = (): Cancel => () => {};

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.watch.look();
      await new Promise((done) => setImmediate(done));
      this.nowMs += 1_000;
    }
  }

  get findings(): string {
    return [...this.raised.keys()].join();
  }
}

it('tells of a probe that fails, fails its service, and takes it back by itself', async () => {
  const trial = new Trial([PROBE]);
  await trial.pass(3);
  expect([trial.findings, trial.watch.rows()[0]?.state]).toEqual(['', 'Good']);
  trial.isGood = false;
  await trial.pass(1);
  expect([trial.findings, trial.watch.rows()[0]?.state]).toEqual(['', 'Failing']);
  await trial.pass(1);
  expect([trial.findings, trial.failed]).toEqual(['SVC-030 shop', ['shop.service shop: the status 503']]);
  trial.isGood = true;
  await trial.pass(1);
  expect([trial.findings, trial.watch.rows()[0]]).toMatchObject(['', { state: 'Good', detail: 'the status 200' }]);
});

it('counts anew for a service that was started anew, and does not ask one that does not run', async () => {
  const trial = new Trial([PROBE]);
  trial.isGood = false;
  await trial.pass(2);
  expect(trial.failed).toHaveLength(1);
  trial.run = null;
  await trial.pass(2);
  expect([trial.asked, trial.findings, trial.watch.rows()[0]?.state]).toEqual([2, '', 'Suspended']);
  trial.run = 'second';
  await trial.pass(1);
  expect(trial.failed).toHaveLength(1);
  // Between two looks.
  trial.run = 'third';
  await trial.pass(1);
  expect(trial.failed).toHaveLength(1);
  await trial.pass(1);
  expect(trial.failed).toHaveLength(2);
});

it('asks the application neither on the passive server nor while services are paused; the machine always', async () => {
  const trial = new Trial([PROBE, DISK], 'passive');
  trial.diskUsed = 91;
  await trial.pass(3);
  expect([trial.asked, trial.findings]).toEqual([0, 'SVC-031 disk']);
  const paused = new Trial([PROBE, DISK]);
  paused.isPaused = true;
  paused.diskUsed = 91;
  await paused.pass(3);
  expect([paused.asked, paused.findings]).toEqual([0, 'SVC-031 disk']);
  // What can't be told is neither good nor bad.
  paused.diskUsed = null;
  await paused.pass(3);
  expect(paused.findings).toBe('SVC-031 disk');
});

it('keeps what is latched until somebody says otherwise, and tells it again then', async () => {
  const trial = new Trial([{ ...DISK, isLatched: true }]);
  trial.diskUsed = 95;
  await trial.pass(3);
  trial.diskUsed = 10;
  await trial.pass(3);
  expect([...trial.raised]).toEqual([['SVC-032 disk', 'arm it again']]);
  expect(trial.watch.rows()[0]?.detail).toContain('95%');
  expect(trial.watch.rearm('disk')).toBe(true);
  await trial.pass(1);
  expect(trial.findings).toBe('');
  expect([trial.watch.rearm('disk'), trial.watch.rearm('other')]).toEqual([false, false]);
});

it('follows the settings: what is said otherwise is another rule, what is gone is over', async () => {
  const trial = new Trial([DISK]);
  trial.diskUsed = 91;
  await trial.pass(3);
  expect(trial.findings).toBe('SVC-031 disk');
  trial.rules = [{ ...DISK, question: { kind: 'disk', path: '/srv', max: 95 } }];
  await trial.pass(1);
  expect(trial.findings).toBe('');
  trial.rules = [];
  await trial.pass(1);
  expect(trial.watch.rows()).toEqual([]);
});
