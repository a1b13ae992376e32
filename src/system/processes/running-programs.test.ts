import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runningPrograms } from './running-programs.ts';

const NAME = 'understudy-client-of-a-test';

let script = '';
const running: ChildProcess[] = [];

beforeEach(() => {
  script = join(fs.mkdtempSync(join(tmpdir(), 'understudy-running-')), NAME);
  fs.writeFileSync(script, 'echo up\nread line\n');
});

afterEach(() => {
  for (const one of running.splice(0)) one.kill('SIGKILL');
  fs.rmSync(join(script, '..'), { recursive: true });
});

/** Once it has said something. */
async function run(command: string, ...parameters: readonly string[]): Promise<number | undefined> {
  const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  running.push(child);
  await once(child.stdout, 'data');
  return child.pid;
}

async function found(): Promise<number[]> {
  return (await runningPrograms.find([NAME], [])).map(({ processId }) => processId);
}

it('finds a script by its name, and nobody who only reads a file of that name', async () => {
  await run('tail', script, '--follow');
  expect(await found()).toEqual([]);
  const client = await run('sh', script);
  expect(await found()).toEqual([client]);
});
