import { addressOf } from '../native/c-library.ts';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { pageAligned } from '../files/aligned-buffer.ts';
import { startProgram } from '../processes/child.ts';
import { systemClock } from './clock.ts';
import { hashContent } from '../files/content-hash.ts';
import { freeSpace } from '../files/disk-space.ts';
import { errnoName } from '../native/errno.ts';
import { openLog } from './pino-log.ts';
import { missingOf } from '../processes/rights.ts';
import { openThreadTimes, readyMsIn } from '../processes/thread-times.ts';
import { systemTimers } from './timers.ts';

it('hashes as XXH64 with seed 0, also a part of a buffer', () => {
  expect(hashContent(new Uint8Array(0))).toBe(0xef46db3751d8e999n);
  const bytes = Buffer.from('..Nobody inspects the spammish repetition');
  expect(hashContent(bytes.subarray(2))).toBe(0xfbcea83c8a378bf1n);
});

it('aligns buffers to pages', () => {
  for (const sizeBytes of [1, 4096, 100_000]) {
    const buffer = pageAligned(sizeBytes);
    expect(buffer.byteLength).toBe(sizeBytes);
    expect(addressOf(buffer) % 4096n).toBe(0n);
  }
});

it('knows errors by the words of the kernel', () => {
  expect([1, 2, 11, 28, 39, 95, 117].map(errnoName)).toEqual([
    'EPERM',
    'ENOENT',
    'EAGAIN',
    'ENOSPC',
    'ENOTEMPTY',
    'EOPNOTSUPP',
    'EUCLEAN',
  ]);
  expect(errnoName(999)).toBe('E999');
});

it('tells free and total space', () => {
  const { freeBytes, totalBytes } = freeSpace('/');
  expect(freeBytes).toBeGreaterThan(0);
  expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
  expect(() => freeSpace('/no/such/folder')).toThrow('ENOENT');
});

it('tells each missing right with what does not work without it', () => {
  expect(missingOf('Name:\tx\nCapEff:\t000001ffffffffff\n')).toBeNull();
  const missing = missingOf('CapEff:\t00000000a80425fb\n')?.parameters;
  expect(missing?.['rights']).toBe('CAP_DAC_READ_SEARCH, CAP_LEASE, CAP_SYS_PTRACE, CAP_SYS_ADMIN');
  expect(missing?.['consequences']).toMatch(/^CAP_DAC_READ_SEARCH files that .*; without CAP_LEASE that files/);
  expect(String(missingOf('')?.parameters['rights']).split(', ')).toHaveLength(8);
});

it('tells what this thread worked and waited for a processor', () => {
  const times = openThreadTimes();
  const before = times();
  const both = (): number => times().processorMs + times().readyMs - before.processorMs - before.readyMs;
  // It does one or the other all the time; but a machine below this one may have the processor meanwhile.
  for (const until = performance.now() + 10_000; both() < 15 && performance.now() < until; )
    hashContent(new Uint8Array(1000));
  expect(both()).toBeGreaterThanOrEqual(15);
  expect(readyMsIn('24083958 1500000 57\n')).toBe(1.5);
  expect(readyMsIn('')).toBe(0);
});

it('fires a timer once and not early, and a cancelled one never', async () => {
  let fired = 0;
  const cancelled = systemTimers.after(0, () => fired++);
  cancelled();
  const before = systemClock.monotonicMs();
  await new Promise<void>((done) => {
    systemTimers.after(7.5, done);
  });
  expect(systemClock.monotonicMs() - before).toBeGreaterThanOrEqual(7.5);
  expect(fired).toBe(0);
  await new Promise<void>((done) => {
    let left = 3;
    const cancel = systemTimers.every(1, () => {
      if (--left > 0) return;
      cancel();
      done();
    });
  });
});

it('logs one line of JSON for each event, from its level on', () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'understudy-log-'));
  const file = fs.openSync(join(folder, 'log'), 'w');
  const log = openLog('info', file).child({ role: 'active' });
  log.debug('not written');
  log.warn('Degraded', { code: 'CAP-004', error: new Error('why') });
  fs.closeSync(file);
  const lines = fs.readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n');
  fs.rmSync(folder, { recursive: true });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'warn', msg: 'Degraded', role: 'active', code: 'CAP-004', error: { message: 'why' } },
  ]);
});

it('runs a program and hands over its lines', async () => {
  const lines: string[] = [];
  const child = await startProgram({
    command: 'sh',
    parameters: ['-c', 'echo "$GREETING"; echo two >&2; exit 3'],
    environment: { GREETING: 'one' },
    onLine: (line, from) => lines.push(`${from}: ${line}`),
  });
  expect(await child.ended).toEqual({ status: 3, signal: null });
  expect(lines.sort()).toEqual(['error: two', 'output: one']);
  await expect(startProgram({ command: '/no/such/program', parameters: [] })).rejects.toThrow('ENOENT');
});
