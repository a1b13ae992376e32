import { expect, it } from 'vitest';
import { DEFAULT_CONFIG_FILE } from './command.ts';
import { understand } from './command-line.ts';
import { configFileOfRun } from './plain-run.ts';

it.each([
  ['run'],
  ['run --config /a/server.yaml'],
  ['run --config=b.yaml'],
  ['--config c.yaml run'],
  ['--config=/d run'],
])('%s is seen as the command line sees it', (typed) => {
  const args = typed.split(' ');
  const understood = understand(args);
  if (understood.kind !== 'command') throw new Error('not a command');
  expect(understood.command.name).toBe('run');
  expect(configFileOfRun(args)).toBe(understood.flags.get('config')?.at(-1) ?? DEFAULT_CONFIG_FILE);
});

it.each([
  '',
  'status',
  'run --help',
  'help run',
  'run run',
  'run --config',
  'run --config=',
  'run --json',
  '--config run',
])('"%s" is for the command line', (typed) => {
  expect(configFileOfRun(typed.split(' '))).toBeNull();
});
