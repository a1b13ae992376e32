import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { until } from '../../../test/support/until.ts';
import { mounts, mountsSeenBy } from './mounts.ts';

const WAIT_MS = 60_000;

it('of a process that has ended and was not waited for, nothing is seen', async () => {
  const script = 'cat <&3 >/dev/null & echo $!; exec sleep 60';
  const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
  try {
    const [line] = (await once(parent.stdio[1] as Readable, 'data')) as [Buffer];
    const processId = Number(line.toString());
    const state = (what: string, id: number | undefined): Promise<true> =>
      until(what, WAIT_MS, () => readFileSync(`/proc/${String(id)}/stat`, 'latin1').includes(what) || null);
    // What a shell has become waits for no child.
    await state('(sleep)', parent.pid);
    (parent.stdio[3] as Writable).end();
    await state(') Z ', processId);
    expect(() => mounts(processId)).toThrow(/EINVAL/);
    expect(mountsSeenBy(processId)).toBeNull();
    expect(mountsSeenBy(process.pid)).toEqual(mounts());
    expect(mountsSeenBy(2 ** 30)).toBeNull();
  } finally {
    parent.kill();
  }
});
