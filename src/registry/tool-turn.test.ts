import { expect, it } from 'vitest';
import type { ProgramEnd, Programs } from '../kernel/programs.ts';
import { ToolTurn } from './tool-turn.ts';

const HOLDER = { file: '/samba/registry.tdb', process: { processId: 7, name: 'smbd', unit: 'smbd.service' } };
const WELL: ProgramEnd = { status: 0, output: 'done', error: '' };

type Options = Parameters<Programs['run']>[1];

/** A tool whose calls go on until the test says so. */
class Trial {
  readonly calls: { readonly options: Options; readonly end: (end: ProgramEnd) => void }[] = [];
  freed = 0;
  readonly tool = new ToolTurn({
    shown: 'Samba’s registry',
    freed: () => (this.freed += 1),
    programs: { run: (_command, options) => new Promise((end) => this.calls.push({ options, end })) },
  });

  run(): Promise<ProgramEnd> {
    return this.tool.run(['net', 'registry'], { timeoutMs: 1000 });
  }

  async ends(call: number, end: ProgramEnd): Promise<void> {
    this.calls[call]?.end(end);
    await new Promise((done) => setImmediate(done));
  }
}

it('a call that waits for a lock is not waited for, and none is begun beside it', async () => {
  const trial = new Trial();
  const first = trial.run();
  trial.calls[0]?.options.lockedOut?.(HOLDER);
  const reason = 'smbd (process 7 of smbd.service) has a lock on /samba/registry.tdb, which net waits for';
  await expect(first).rejects.toMatchObject({ code: 'REG-005', parameters: { reason } });
  await expect(trial.run()).rejects.toMatchObject({ code: 'REG-005', parameters: { reason } });
  expect([trial.calls.length, trial.freed]).toEqual([1, 0]);
  await trial.ends(0, WELL);
  expect(trial.freed).toBe(1);
  const next = trial.run();
  await trial.ends(1, WELL);
  expect(await next).toEqual(WELL);
  expect(trial.freed).toBe(1);
});

it('a call that nothing can end is told so for as long as it is there', async () => {
  const trial = new Trial();
  const first = trial.run();
  trial.calls[0]?.options.standsStill?.told('unending');
  await expect(first).rejects.toThrow('nothing can end');
  for (let time = 0; time < 3; time++) await expect(trial.run()).rejects.toThrow('nothing can end');
  expect(trial.calls).toHaveLength(1);
});

it('a call that is only slow is waited for the next time', async () => {
  const trial = new Trial();
  const first = trial.run();
  trial.calls[0]?.options.standsStill?.told('waiting');
  await expect(first).rejects.toMatchObject({ code: 'REG-005' });
  await trial.ends(0, WELL);
  const next = trial.run();
  trial.calls[1]?.options.standsStill?.told('waiting');
  await trial.ends(1, WELL);
  expect(await next).toEqual(WELL);
});
