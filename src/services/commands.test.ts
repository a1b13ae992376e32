import { expect, it } from 'vitest';
import type { ProgramEnd, Programs } from '../kernel/programs.ts';
import { CommandManager, seenByStatus } from './commands.ts';
import { ManagerError } from './service.ts';

const COMMANDS = {
  start: ['begin'],
  stop: ['end'],
  status: ['ask'],
  kill: null,
  timeoutMs: 1_000,
  seen: seenByStatus,
};

/** Programs that end when the test says so. */
class Trial implements Programs {
  readonly running: { command: string; end: (end: ProgramEnd) => void }[] = [];
  readonly leaving: string[] = [];
  status: number | null = 3;
  changes = 0;
  readonly manager = new CommandManager({
    title: 'commands',
    programs: this,
    commandsOf: (service) => (service === 'shop' ? COMMANDS : null),
    changed: () => (this.changes += 1),
  });

  run(command: readonly string[], { leaves = false }: { readonly leaves?: boolean }): Promise<ProgramEnd> {
    if (leaves) this.leaving.push(command.join(' '));
    if (command[0] === 'ask') return Promise.resolve({ status: this.status, output: '', error: 'gone' });
    return new Promise((end) => this.running.push({ command: command.join(' '), end }));
  }

  async state(service = 'shop'): Promise<string | undefined> {
    const facts = (await this.manager.look([service])).get(service);
    if (facts === undefined || facts.detail === null) return facts?.state;
    return `${facts.state}: ${facts.detail}`;
  }
}

it('tells by the status command how a service is, and by its own how it goes', async () => {
  const trial = new Trial();
  expect(await trial.state()).toBe('Stopped');
  await trial.manager.start('shop');
  await trial.manager.stop('shop');
  expect(trial.running.map(({ command }) => command)).toEqual(['begin']);
  expect(await trial.state()).toBe('Starting');
  trial.running[0]?.end({ status: 0, output: '', error: '' });
  trial.status = 0;
  await expect.poll(() => trial.changes).toBe(1);
  expect(await trial.state()).toBe('Running');
  await trial.manager.stop('shop');
  // The service itself, perhaps; what stops it leaves nothing.
  expect([trial.leaving, trial.running.at(-1)?.command]).toEqual([['begin'], 'end']);
});

it('says why a command failed, until one succeeds', async () => {
  const trial = new Trial();
  await trial.manager.start('shop');
  trial.running[0]?.end({ status: 1, output: '', error: 'no licence\n' });
  await expect.poll(() => trial.changes).toBe(1);
  expect(await trial.state()).toBe('Stopped: begin: no licence');
  trial.status = 0;
  expect(await trial.state()).toBe('Running');
  trial.status = 3;
  expect(await trial.state()).toBe('Stopped');
});

it('knows none that has no commands, and says so where it cannot ask', async () => {
  const trial = new Trial();
  expect(await trial.state('other')).toBe('Missing');
  trial.status = null;
  await expect(trial.state()).rejects.toThrow(new ManagerError('ask: gone'));
  const failure: unknown = await trial.manager.look(['shop', 'other']).catch((error: unknown) => error);
  expect((failure as ManagerError).found.get('other')?.state).toBe('Missing');
});
