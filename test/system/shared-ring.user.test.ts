/*
 * What it proves: the ring of records and the locks of nodes work in memory that several processes have mapped, as
 * they do among threads; and when one of them is killed the others go on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { expect, it } from 'vitest';
import { LocksOver } from '../../src/intercept/node-locks.ts';
import { RECORD } from '../../src/intercept/record.ts';
import { closeBegun } from '../../src/intercept/ring-memory.ts';
import { RingReader } from '../../src/intercept/ring-reader.ts';
import { RingWriter } from '../../src/intercept/ring-writer.ts';
import { makeSharedMemory } from '../../src/system/native/shared-memory.ts';
import { NODE, SHARED_BYTES, SharedRing } from '../support/shared-ring.ts';

const PROCESS = new URL('../support/ring-process.ts', import.meta.url).pathname;
const WRITERS = 3;
/** Many times as much as the ring holds. */
const RECORDS = 8000;
const COUNTED = 50_000;
const WAIT_MS = 240_000;

class Shared implements Disposable {
  readonly descriptor = makeSharedMemory(SHARED_BYTES);
  readonly mapped = new SharedRing(this.descriptor);
  readonly #processes: ChildProcess[] = [];

  start(order: string, ...parameters: readonly number[]): ChildProcess {
    const started = spawn(process.execPath, [PROCESS, order, ...parameters.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit', this.descriptor],
    });
    this.#processes.push(started);
    return started;
  }

  [Symbol.dispose](): void {
    for (const one of this.#processes) one.kill('SIGKILL');
    fs.closeSync(this.descriptor);
  }
}

async function killed(process: ChildProcess): Promise<void> {
  const gone = once(process, 'exit');
  process.kill('SIGKILL');
  await gone;
}

it('records of several processes come out in one order, whole, and each writer’s in its own', async () => {
  using shared = new Shared();
  const ends = Array.from({ length: WRITERS }, (_, thread) => once(shared.start('write', thread, RECORDS), 'exit'));
  const reader = new RingReader(shared.mapped.ring);
  const numbers = Array.from({ length: WRITERS }, () => 0);
  const deadline = performance.now() + WAIT_MS;
  for (let taken = 0, order = 0; taken < WRITERS * RECORDS; ) {
    const record = reader.take();
    if (record === null) {
      if (performance.now() > deadline) throw new Error(`only ${taken} records`);
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    taken += 1;
    const view = new DataView(record.buffer, record.byteOffset);
    expect(Number(view.getBigUint64(RECORD.order, true))).toBe((order += 1));
    const [thread, number] = [view.getUint32(RECORD.request, true), view.getUint32(RECORD.request + 4, true)];
    expect(number).toBe((numbers[thread] ?? 0) + 1);
    numbers[thread] = number;
    expect(record.subarray(RECORD.request + 8).every((byte) => byte === number % 251)).toBe(true);
  }
  for (const [status] of await Promise.all(ends)) expect(status).toBe(0);
  expect([reader.take(), reader.isLost]).toEqual([null, false]);
});

it('a lock lets one process at a time change what it guards', async () => {
  using shared = new Shared();
  const ends = Array.from({ length: WRITERS }, () => once(shared.start('count', 0, COUNTED), 'exit'));
  for (const [status] of await Promise.all(ends)) expect(status).toBe(0);
  expect(shared.mapped.counter[0]).toBe(WRITERS * COUNTED);
});

it('a process that is killed with a record begun, or a lock taken, holds up nobody for good', async () => {
  using shared = new Shared();
  const { ring, locks } = shared.mapped;
  const writer = new RingWriter(ring, { thread: 1 });
  const reader = new RingReader(ring);
  const beginner = shared.start('begin', 0);
  await once(beginner.stdout as NonNullable<ChildProcess['stdout']>, 'data');
  expect(writer.begin(RECORD.request)).toBe(true);
  writer.end();
  await killed(beginner);
  expect([reader.take(), reader.isLost]).toEqual([null, false]);
  closeBegun(ring, 0);
  expect([reader.take(), reader.isLost]).toEqual([null, true]);
  expect(reader.recover()).toBe(true);
  expect(writer.begin(RECORD.request)).toBe(true);
  writer.end();
  expect(reader.take()).not.toBeNull();

  const holder = shared.start('hold', 0);
  await once(holder.stdout as NonNullable<ChildProcess['stdout']>, 'data');
  await killed(holder);
  locks.end();
  expect(() => locks.take(NODE)).toThrow(LocksOver);
});
