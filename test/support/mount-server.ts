/*
 * `node mount-server.ts FOLDER RECORDS THREADS EXCLUDED...`: mounts over a folder and serves it, and writes the records of
 * what is changed to a file, one behind the other. A process of its own, for whoever waits for its own
 * mount in the kernel can't be killed. Answers each line of its input with one of its output:
 *
 * - `ready` by itself, or `CODE what happened`
 * - `drain`: `drained` when every record is in the file; `lost` where some are missing
 * - `stop`, `abort`: `stopped`, or the problem
 * - `start`: another mount, once the one before has ended: `ready`, or the problem
 * - `descriptors`: how many this process has open
 *
 * When its input ends the mount is ended, whoever uses it.
 */
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { MountHost } from '../../src/daemon/mount-host.ts';
import { makeRecordsMemory } from '../../src/daemon/records-memory.ts';
import { RingReader } from '../../src/intercept/ring-reader.ts';
import { describe, isProblem } from '../../src/problems/problem.ts';
import { viewMapped } from '../../src/system/shared-memory.ts';

const RING_BYTES = 64 * 1024 * 1024;
const DRAIN_EVERY_MS = 5;
const RECORDS_AT_ONCE_MAX = 64;

const [folder = '', records = '', threads = '2', ...excluded] = process.argv.slice(2);
const say = (text: string): void => {
  process.stdout.write(`${text.replaceAll('\n', ' ')}\n`);
};
const told = (error: unknown): string =>
  isProblem(error) ? `${error.code} ${describe(error).message}` : `failed ${String(error)}`;

const file = fs.openSync(records, 'w');
let host: MountHost;
let reader: RingReader;

const { ring } = makeRecordsMemory(RING_BYTES);

async function start(): Promise<string> {
  reader = new RingReader(viewMapped(ring));
  host = await MountHost.start({
    folder,
    threads: Number(threads),
    excluded,
    records: { ring, mount: 0, firstThread: 0, readerWake: null },
    onBreakdown: (problem) => say(told(problem)),
  });
  return 'ready';
}

function drain(): void {
  for (;;) {
    const records: Uint8Array[] = [];
    while (records.length < RECORDS_AT_ONCE_MAX) {
      const record = reader.take();
      if (record === null) break;
      records.push(record);
    }
    if (records.length === 0) return;
    fs.writeSync(file, Buffer.concat(records));
  }
}

const ORDERS: Readonly<Record<string, () => Promise<string> | string>> = {
  start,
  drain: () => (reader.isLost ? 'lost' : 'drained'),
  stop: () => host.stop().then(() => 'stopped'),
  abort: () => host.abort().then(() => 'stopped'),
  descriptors: () => String(fs.readdirSync('/proc/self/fd').length),
};

async function main(): Promise<void> {
  say(await start());
  const timer = setInterval(drain, DRAIN_EVERY_MS);
  const end = async (): Promise<void> => {
    clearInterval(timer);
    await host.abort();
    drain();
  };
  process.on('SIGTERM', () => void end().then(() => process.exit(0)));
  for await (const line of createInterface({ input: process.stdin })) {
    drain();
    try {
      say((await ORDERS[line]?.()) ?? `no order: ${line}`);
    } catch (error) {
      say(told(error));
    }
  }
  await end();
}

main().catch((error: unknown) => {
  say(told(error));
  process.exitCode = 1;
});
