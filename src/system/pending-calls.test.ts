import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { MonotonicMs } from '../kernel/units.ts';
import { until } from '../../test/support/until.ts';
import { fileCalls } from './file-calls.ts';
import { PendingCalls } from './pending-calls.ts';
import { pressureIn } from './machine-health.ts';

const at = (ms: number): MonotonicMs => ms as MonotonicMs;

describe('calls that do not return', () => {
  it('are found in another thread, with their path and since when, until they return', async () => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'understudy-pending-'));
    const pipe = join(folder, 'a pipe');
    execFileSync('mkfifo', [pipe]);
    // Waits in openat(2) until somebody opens the other end.
    const worker = new Worker(`require('node:fs').openSync(${JSON.stringify(pipe)}, 'r')`, { eval: true });
    const pending = new PendingCalls();
    const mine = (now: number) => pending.look(at(now), false).filter(({ path }) => path === pipe);
    try {
      let now = 1000;
      const first = await until('the call to be seen', 20_000, () => mine((now += 500))[0] ?? null);
      expect(first.call).toMatch(/^open(at)?$/);
      expect(mine(now + 500)).toEqual([first]);
      expect(first.since).toBeLessThan(now);
    } finally {
      fs.closeSync(fs.openSync(pipe, 'w'));
      await new Promise((ended) => worker.once('exit', ended));
    }
    expect(mine(99_000)).toEqual([]);
    fs.rmSync(folder, { recursive: true });
  });

  it('are known by number on both architectures, each once', () => {
    expect(fileCalls('x64').get(74)?.name).toBe('fsync');
    expect(fileCalls('arm64').get(82)?.name).toBe('fsync');
    expect(fileCalls('other').size).toBe(0);
    for (const name of ['pread', 'pwrite', 'fdatasync', 'syncfs', 'openat', 'statx', 'getdents64', 'renameat2']) {
      for (const known of ['x64', 'arm64']) expect([...fileCalls(known).values()].map((c) => c.name)).toContain(name);
    }
    expect(fileCalls(arch()).size).toBeGreaterThan(20);
  });
});

it('the pressure of memory is read from what the kernel writes', () => {
  const text = 'some avg10=12.34 avg60=0.00 avg300=0.00 total=1\nfull avg10=5.00 avg60=0.00 avg300=0.00 total=1\n';
  expect(pressureIn(text, 'x')).toEqual({ somePercent: 12.34, source: 'x' });
  expect(pressureIn('', 'x')).toBeNull();
});
