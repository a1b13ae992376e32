import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LockHolder } from '../../kernel/programs.ts';
import { systemPrograms } from './programs.ts';

const TIMEOUT_MS = 60_000;
const PATIENT = { timeout: TIMEOUT_MS } as const;

let folder = '';
let holder: ChildProcess | null = null;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'understudy-programs-'));
});

afterEach(() => {
  holder?.kill('SIGKILL');
  holder = null;
  fs.rmSync(folder, { recursive: true });
});

it('tells whose lock a program waits for, and when it goes on', { timeout: TIMEOUT_MS }, async () => {
  const [file, go] = [join(folder, 'locked'), join(folder, 'go')];
  holder = spawn('flock', [file, 'sh', '-c', 'echo held; read line'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout as NonNullable<ChildProcess['stdout']>, 'data');
  const told: (LockHolder | null)[] = [];
  const end = await systemPrograms.run(['flock', file, 'sh', '-c', `until [ -e ${go} ]; do sleep 0.05; done`], {
    timeoutMs: TIMEOUT_MS,
    lockedOut: (one) => {
      told.push(one);
      if (one === null) fs.writeFileSync(go, '');
      else holder?.stdin?.end('\n');
    },
  });
  expect(end).toMatchObject({ status: 0, error: '' });
  const process = { processId: holder.pid, name: 'flock' };
  expect(told).toEqual([{ file, process: expect.objectContaining(process) }, null]);
});

it('tells of no lock where a program only takes long, and holds one itself', async () => {
  const told: (LockHolder | null)[] = [];
  const command = ['flock', join(folder, 'own'), 'sleep', '3'];
  await systemPrograms.run(command, { timeoutMs: TIMEOUT_MS, lockedOut: (one) => told.push(one) });
  expect(told).toEqual([]);
});

it('tells that a program stands still, and not of one that works', { timeout: TIMEOUT_MS }, async () => {
  const told: string[] = [];
  const number = join(folder, 'number');
  const standsStill = {
    afterMs: 1000,
    // It goes on until then, however late that is.
    told: (how: string): void => {
      told.push(how);
      process.kill(Number(fs.readFileSync(number, 'utf8')), 'SIGKILL');
    },
  };
  const run = async (script: string): Promise<string[]> => {
    const command = ['sh', '-c', `echo $$ >${number}; ${script}`];
    await systemPrograms.run(command, { timeoutMs: TIMEOUT_MS, standsStill });
    return told.splice(0);
  };
  expect(await run('exec sleep 1000')).toEqual(['waiting']);
  expect(await run('kill -STOP $$')).toEqual(['stopped']);
  expect(await run('i=0; while [ $i -lt 2000000 ]; do i=$((i + 1)); done')).toEqual([]);
});

it('leaves running what a program started, which may go on with its outputs', { timeout: TIMEOUT_MS }, async () => {
  const command = ['sh', '-c', 'sleep 60 & echo $!'];
  const { status, output } = await systemPrograms.run(command, { timeoutMs: 20_000, leaves: true });
  const left = Number(output);
  expect(status).toBe(0);
  // It has that name once it is that program.
  await expect.poll(() => fs.readFileSync(`/proc/${String(left)}/comm`, 'utf8'), PATIENT).toBe('sleep\n');
  process.kill(left, 'SIGKILL');
});

it('ends with a program what it started, where nothing may be left', { timeout: TIMEOUT_MS }, async () => {
  const { status, output } = await systemPrograms.run(['sh', '-c', 'sleep 60 & echo $!'], { timeoutMs: 300 });
  expect(status).toBeNull();
  await expect.poll(() => isAlive(Number(output)), PATIENT).toBe(false);
});

function isAlive(processId: number): boolean {
  try {
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${String(processId)}/status`, 'utf8'));
  } catch {
    return false;
  }
}
