import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { MonotonicMs } from '../../kernel/units.ts';
import { until } from '../../../test/support/until.ts';
import { fileCalls } from '../files/file-calls.ts';
import { PendingCalls } from './pending-calls.ts';
import { openFilesIn, ownGroupsPressure, pressureIn } from '../machine/machine-health.ts';

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
      const first = await until('the call to be seen', 60_000, () => mine((now += 500))[0] ?? null);
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
  const text =
    'some avg10=12.34 avg60=0.00 avg300=0.00 total=24375943\nfull avg10=5.00 avg60=0.00 avg300=0.00 total=1\n';
  expect(pressureIn(text, 'x')).toEqual({ waitedMs: 24_375.943, source: 'x' });
  expect(pressureIn('', 'x')).toBeNull();
});

it('the control group is looked for where its tree is mounted', () => {
  const mounts = 'tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n';
  const groups = '4:memory:/a\n0::/system.slice/understudyd.service\n';
  expect(ownGroupsPressure(groups, mounts)).toBe(
    '/sys/fs/cgroup/unified/system.slice/understudyd.service/memory.pressure',
  );
  expect(ownGroupsPressure('0::/\n', mounts)).toBeNull();
  expect(ownGroupsPressure(groups, '')).toBeNull();
});

it('the open files of the machine are read from what the kernel writes', () => {
  expect(openFilesIn('1411\t0\t2466183\n')).toEqual({ used: 1411, limit: 2_466_183 });
  expect(openFilesIn('')).toBeNull();
});
