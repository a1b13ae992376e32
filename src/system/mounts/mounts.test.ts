import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { mounts, mountsSeenBy } from './mounts.ts';

it('of a process that has ended and was not waited for, nothing is seen', async () => {
  const script = 'cat <&3 >/dev/null & echo $!; exec sleep 60';
  const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
  try {
    const [line] = (await once(parent.stdio[1] as Readable, 'data')) as [Buffer];
    const processId = Number(line.toString());
    const statOf = (id: number | undefined): string => readFileSync(`/proc/${String(id)}/stat`, 'latin1');
    // What a shell has become waits for no child.
    await vi.waitFor(() => expect(statOf(parent.pid)).toContain('(sleep)'));
    (parent.stdio[3] as Writable).end();
    await vi.waitFor(() => expect(statOf(processId)).toContain(') Z '));
    expect(() => mounts(processId)).toThrow(/EINVAL/);
    expect(mountsSeenBy(processId)).toBeNull();
    expect(mountsSeenBy(process.pid)).toEqual(mounts());
    expect(mountsSeenBy(2 ** 30)).toBeNull();
  } finally {
    parent.kill();
  }
});
