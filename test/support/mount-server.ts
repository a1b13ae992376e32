/*
 * `node mount-server.ts FOLDER RECORDS THREADS EXCLUDED...`: mounts over a folder and serves it, and writes the records of
 * what is changed to a file, one behind the other. A process of its own, for whoever waits for its own
 * mount in the kernel can't be killed. Answers each line of its input with one of its output:
 *
 * - `ready` by itself, or `CODE what happened`
 * - `drain`: `drained` when every record is in the file; `lost` where some are missing
 * - `stop`, `abort`: `stopped`, or the problem
 * - `start`: another mount, once the one before has ended: `ready`, or the problem
 * - `refuse`, `record`: the way it is served from now on; `done`, or the problem
 * - `change`: changes the files of the test underneath, as the passive server does; `done`
 * - `attempts`: who was refused since it was asked last, as JSON
 * - `descriptors`: how many this process has open
 *
 * When its input ends the mount is ended, whoever uses it.
 */
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { MountHost } from '../../src/daemon/interception/mount-host.ts';
import { makeRecordsMemory } from '../../src/daemon/interception/records-memory.ts';
import type { Attempt } from '../../src/intercept/attempts.ts';
import { WAY } from '../../src/intercept/mount-way.ts';
import { RingReader } from '../../src/intercept/ring-reader.ts';
import { ToldKernel } from '../../src/daemon/interception/told-kernel.ts';
import { fromText } from '../../src/kernel/byte-string.ts';
import type { NameAt } from '../../src/kernel/files.ts';
import { OPEN } from '../../src/kernel/open-flags.ts';
import { describe, isProblem } from '../../src/problems/problem.ts';
import { viewMapped } from '../../src/system/native/shared-memory.ts';

import { tellKernel } from '../../src/system/mounts/fuse-mount.ts';
import { numberOf } from '../../src/system/mounts/node-handle.ts';
import { ToldFiles } from '../../src/system/mounts/told-files.ts';

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
const unprotected = process.env['UNPROTECTED'];
const attempts: Attempt[] = [];
let host: MountHost;
let reader: RingReader;

const { ring } = makeRecordsMemory(RING_BYTES);

async function start(): Promise<string> {
  reader = new RingReader(viewMapped(ring));
  host = await MountHost.start({
    folder,
    threads: Number(threads),
    excluded,
    ...(unprotected === undefined
      ? {}
      : { guarded: { folder: fromText('/'), include: [fromText('/**')], exclude: [fromText(unprotected)] } }),
    onAttempts: (some) => attempts.push(...some),
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

/** `file` gets other content of the same length and another mode, `new` comes, `folder` goes, `moved` gets another name. */
function change(): string {
  const { wayMemory, notices, root } = host;
  const kernel = new ToldKernel([{ wayMemory, notices, root: numberOf(root) }], tellKernel);
  const files = new ToldFiles([], kernel);
  const at = (name: string): NameAt => ({ folder: root, name: fromText(name) });
  const file = files.openAt(root, fromText('file'), OPEN.readWrite);
  files.write(file, Buffer.from('CONTENT'), 0);
  files.setMode(file, 0o640);
  files.close(file);
  files.close(files.openAt(root, fromText('new'), OPEN.create | OPEN.exclusive | OPEN.readWrite, 0o600));
  files.removeFolderAt(root, fromText('folder'));
  files.renameAt(at('moved'), at('here'));
  return 'done';
}

const ORDERS: Readonly<Record<string, () => Promise<string> | string>> = {
  start,
  drain: () => (reader.isLost ? 'lost' : 'drained'),
  stop: () => host.stop().then(() => 'stopped'),
  abort: () => host.abort().then(() => 'stopped'),
  refuse: () => host.switchTo(WAY.refuse).then(() => 'done'),
  record: () => host.switchTo(WAY.record).then(() => 'done'),
  change,
  attempts: () => JSON.stringify(attempts.splice(0)),
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
