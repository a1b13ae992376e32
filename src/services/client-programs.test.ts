import { expect, it } from 'vitest';
import type { RunningProgram } from '../kernel/running-programs.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { ClientPrograms } from './client-programs.ts';

class Trial {
  running: RunningProgram[] = [];
  nowMs = 0;
  readonly ended: string[] = [];
  readonly raised = new Map<string, string>();
  readonly actions = new Map<string, string | null>();
  readonly events: string[] = [];
  programs = [
    { name: 'psql', onPassive: 'report' as const },
    { name: 'backup', onPassive: 'end' as const },
  ];
  readonly client = new ClientPrograms({
    programs: () => this.programs,
    folders: () => ['/srv/data'],
    running: {
      find: async (names) => this.running.filter(({ name }) => names.includes(name)),
      end: ({ processId }, how) => void this.ended.push(`${how} ${processId}`),
    },
    clock: { monotonicMs: () => this.nowMs as MonotonicMs },
    timers: { after: () => () => {}, every: () => () => {} },
    findings: {
      raise: ({ parameters }, { item, evidence, action }) => {
        this.raised.set(item, `${String(parameters['effect'])}: ${evidence.join()}`);
        this.actions.set(item, action);
      },
      clearAll: (_code, but) => {
        for (const item of this.raised.keys()) if (!but.includes(item)) this.raised.delete(item);
      },
    },
    tell: ({ text }) => void this.events.push(text),
  });

  async look(afterMs: number): Promise<void> {
    this.nowMs += afterMs;
    await this.client.look();
  }
}

function process(name: string, processId: number, holds: readonly string[] = []): RunningProgram {
  return { name, processId, startedAt: '7', lineage: `${processId} ${name} (user 1000)`, holds };
}

it('names what runs with what it holds, and clears that once it has ended', async () => {
  const trial = new Trial();
  trial.running = [process('psql', 5, ['/srv/data/a']), process('vim', 6)];
  await trial.look(0);
  expect([...trial.raised]).toEqual([['psql', 'holds /srv/data/a open: 5 psql (user 1000).']]);
  trial.running = [];
  await trial.look(5_000);
  expect([[...trial.raised], trial.ended]).toEqual([[], []]);
});

it('ends only what is to be ended, asks first, and kills what does not obey', async () => {
  const trial = new Trial();
  trial.running = [process('psql', 5), process('backup', 6)];
  await trial.look(0);
  await trial.look(1_000);
  expect(trial.ended).toEqual(['SIGTERM 6']);
  await trial.look(5_000);
  expect(trial.ended).toEqual(['SIGTERM 6', 'SIGKILL 6']);
  // Another process with the same number is asked first, too.
  trial.running = [{ ...process('backup', 6), startedAt: '8' }];
  await trial.look(5_000);
  expect(trial.ended.at(-1)).toBe('SIGTERM 6');
  expect(trial.events).toHaveLength(2);
});

it('ends what somebody wants to be ended, and only reports what is started later', async () => {
  const trial = new Trial();
  expect(trial.client.endNow('psql')).toBe(false);
  trial.running = [process('psql', 5)];
  await trial.look(0);
  expect(trial.actions.get('psql')).toContain('end it');
  expect([trial.client.endNow('psql'), trial.ended]).toEqual([true, ['SIGTERM 5']]);
  await trial.look(5_000);
  expect([trial.ended.at(-1), trial.actions.get('psql')]).toEqual(['SIGKILL 5', null]);
  trial.running = [];
  await trial.look(5_000);
  trial.running = [process('psql', 9)];
  await trial.look(5_000);
  await trial.look(5_000);
  expect([trial.ended.length, trial.actions.get('psql')]).toEqual([2, expect.stringContaining('end it')]);
});
