import { expect, it } from 'vitest';
import type { ProgramEnd } from '../../kernel/programs.ts';
import type { MonotonicMs, WallMs } from '../../kernel/units.ts';
import type { PairSettings } from '../../settings/settings.ts';
import { Snapshots, type SnapshotsOptions } from './snapshots.ts';
import { StillCopy } from './still-copy.ts';
import type { ToStream } from '../stream/thread-messages.ts';

const NOON = new Date(2026, 0, 1, 12, 0).getTime();
const HOUR_MS = 3_600_000;

/** A stream worker that stands still when it is asked, and a command that ends as the test has it. */
class Trial {
  nowMs = NOON;
  isGood = true;
  wasKept = true;
  isOrdered = true;
  isThere = true;
  end: ProgramEnd = { status: 0, output: '', error: '' };
  settings: PairSettings['snapshots'] = { schedule: ['13:00', '15:00'], command: ['take'], timeoutMs: 1_000 };
  readonly posted: string[] = [];
  readonly environments: Readonly<Record<string, string>>[] = [];
  readonly found = new Map<string, string>();
  text: string | null = null;
  readonly still = new StillCopy({
    post: (message) => this.#post(message),
    timers: { after: () => () => {}, every: () => () => {} },
  });
  snapshots = this.build('passive');

  build(role: 'active' | 'passive'): Snapshots {
    const options: SnapshotsOptions = {
      identity: 'secondary',
      role,
      pairFile: { settings: { pair: 'shop', snapshots: this.settings } as unknown as PairSettings },
      snapshotFile: { read: () => this.text, write: (text) => void (this.text = text) },
      still: this.still,
      isOrdered: () => this.isOrdered,
      programs: {
        run: async (_command, { environment = {} }) => {
          this.environments.push(environment);
          return this.end;
        },
      },
      clock: { monotonicMs: () => this.nowMs as MonotonicMs, wallMs: () => this.nowMs as WallMs },
      timers: { after: () => () => {}, every: () => () => {} },
      findings: {
        raise: ({ code, parameters }) => void this.found.set(code, String(Object.values(parameters)[0])),
        clear: (code) => void this.found.delete(code),
      },
      history: { own: () => {} },
    };
    return new Snapshots(options);
  }

  #post(message: ToStream): boolean {
    if (!this.isThere) return false;
    this.posted.push(message.kind);
    const position = { epoch: 2, sequence: 7 };
    setImmediate(() => {
      if (message.kind === 'standStill')
        this.still.told({ kind: 'standing', number: message.request.number, position, isGood: this.isGood });
      if (message.kind === 'goOn') this.still.told({ kind: 'wentOn', number: message.number, wasKept: this.wasKept });
    });
    return true;
  }

  async take(): Promise<unknown> {
    this.snapshots.begin();
    for (let turn = 0; turn < 10; turn++) await new Promise((done) => setImmediate(done));
    return this.snapshots.all[0];
  }
}

it('takes one while nothing changes, and writes down where that was', async () => {
  const trial = new Trial();
  const taken = { position: { epoch: 2, sequence: 7 }, consistent: true, failure: null, durationMs: 0 };
  expect(await trial.take()).toMatchObject(taken);
  expect(trial.posted).toEqual(['standStill', 'goOn']);
  expect(trial.environments[0]).toMatchObject({ UNDERSTUDY_SEQUENCE: '7', UNDERSTUDY_CONSISTENT: 'true' });
  expect(trial.build('passive').all).toMatchObject([taken]);
});

it('says so where the copy was no one moment, and where nobody expects that it is', async () => {
  const trial = new Trial();
  trial.isGood = false;
  expect(await trial.take()).toMatchObject({ consistent: false, failure: null });
  expect([...trial.found]).toEqual([['SVC-051', '2:7']]);
  trial.isGood = true;
  trial.wasKept = false;
  expect(await trial.take()).toMatchObject({ consistent: false });
  trial.wasKept = true;
  await trial.take();
  expect(trial.found.size).toBe(0);
  trial.isOrdered = false;
  expect(await trial.take()).toMatchObject({ consistent: false });
  expect([trial.environments.at(-1)?.['UNDERSTUDY_CONSISTENT'], trial.found.size]).toEqual(['false', 0]);
});

it('tells what failed, and forgets it with the next that succeeds', async () => {
  const trial = new Trial();
  trial.end = { status: 5, output: '', error: 'no space\n' };
  expect(await trial.take()).toMatchObject({ failure: 'its exit status is 5' });
  expect([...trial.found]).toEqual([['SVC-050', 'its exit status is 5']]);
  trial.end = { status: 0, output: '', error: '' };
  await trial.take();
  expect(trial.found.size).toBe(0);
  trial.isThere = false;
  await trial.take();
  expect(trial.found.get('SVC-050')).toContain('does not come to a place');
});

it('takes them at the times of day that are set, on the passive server alone', async () => {
  const trial = new Trial();
  const pass = async (ms: number): Promise<number> => {
    trial.nowMs += ms;
    trial.snapshots.look();
    for (let turn = 0; turn < 10; turn++) await new Promise((done) => setImmediate(done));
    return trial.snapshots.all.length;
  };
  expect([await pass(0), await pass(HOUR_MS), await pass(60_000), await pass(2 * HOUR_MS)]).toEqual([0, 1, 1, 2]);
  expect(() => trial.build('active').begin()).toThrow('this is not the passive server');
  trial.snapshots.begin();
  expect(() => trial.snapshots.begin()).toThrow('one is being taken');
});

it('forgets what failed where none are taken any more', async () => {
  const trial = new Trial();
  trial.end = { status: 5, output: '', error: '' };
  await trial.take();
  expect(trial.found.size).toBe(1);
  Object.assign(trial.settings, { schedule: [], command: null });
  trial.snapshots.look();
  expect(trial.found.size).toBe(0);
});
