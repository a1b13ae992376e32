/*
 * How fast the two halves of a check are, each in a thread of its own, with encoded records between
 * them, and how `rsync -anc` through a daemon on the loopback interface fares in turn with it.
 *
 *   node bench/check-engine.ts FOLDER [small|large] [rounds]
 *
 * Makes FOLDER/small-active (100,000 files of 1 to 16 KiB in 1,000 folders) or FOLDER/large-active
 * (4 files of 512 MiB) and a copy beside it, once, and leaves them there.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { type MessagePort, MessageChannel, parentPort, Worker, workerData } from 'node:worker_threads';
import { xxh64 } from '@node-rs/xxhash';
import { INLINE_BYTES_MAX } from '../src/changes/change.ts';
import { encodeChange, readRecords } from '../src/changes/codec.ts';
import { type Node, NodeTree } from '../src/changes/node-tree.ts';
import { protectedSet } from '../src/changes/protected-set.ts';
import { Scanner } from '../src/check/scanner.ts';
import { Verifier } from '../src/check/verifier.ts';
import { type ByteString, fromText } from '../src/kernel/byte-string.ts';
import type { MonotonicMs } from '../src/kernel/units.ts';
import { seededRandom } from '../src/kernel/random.ts';
import { OPEN } from '../src/kernel/open-flags.ts';
import { NodeFiles } from '../src/system/files/files.ts';
import { addressOf } from '../src/system/native/c-library.ts';
import { ShadowTree } from '../test/support/shadow-tree.ts';

type Kind = 'small' | 'large';
interface WorkerInput {
  readonly side: 'active' | 'passive';
  readonly base: string;
  readonly peer: MessagePort;
}
interface RoundReport {
  readonly side: 'active' | 'passive';
  readonly cpuMs: number;
  readonly differences: number;
  readonly equal: number;
}

const SLICE_MS = 10;
const BATCH_BYTES = 64 * 1024;
const RSYNC_PORT = 28_730;
const set = protectedSet({ include: [fromText('/data/**')], exclude: [] });
const files = new NodeFiles();
const now = (): MonotonicMs => performance.now() as MonotonicMs;

function pageAligned(length: number): Uint8Array {
  const page = 4096;
  const whole = new Uint8Array(length + page);
  const skip = (page - Number(addressOf(whole) % BigInt(page))) % page;
  return whole.subarray(skip, skip + length);
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function runActive(input: WorkerInput): void {
  const tree = new NodeTree();
  const base = fromText(input.base);
  const shadow = new ShadowTree({ files, tree, protectedSet: set, base, emit: () => undefined });
  shadow.readAll();
  const buffer = pageAligned(INLINE_BYTES_MAX);
  const port = parentPort as MessagePort;
  port.on('message', (round: number) => {
    const start = cpuMs();
    let batch: Buffer[] = [];
    let bytes = 0;
    let sequence = 0;
    const send = (): void => {
      if (bytes === 0) return;
      const whole = new Uint8Array(Buffer.concat(batch));
      input.peer.postMessage(whole, [whole.buffer as ArrayBuffer]);
      batch = [];
      bytes = 0;
    };
    const scanner = new Scanner({
      files,
      tree,
      protectedSet: set,
      base,
      hash: (content) => xxh64(content),
      look: shadow.look,
      emit: (change) => {
        sequence += 1;
        const record = encodeChange({ epoch: 1, sequence }, change);
        batch.push(record);
        bytes += record.length;
        if (bytes >= BATCH_BYTES) send();
      },
      request: { check: round, mode: 'full', repair: true, paths: null },
      buffer,
    });
    while (!scanner.step(SLICE_MS, now)) send();
    send();
    port.postMessage({ side: 'active', cpuMs: cpuMs() - start, differences: 0, equal: 0 } satisfies RoundReport);
  });
  port.postMessage(tree.root(fromText('/data'))?.id);
}

function runPassive(input: WorkerInput): void {
  const tree = new NodeTree();
  const port = parentPort as MessagePort;
  let differences = 0;
  let equal = 0;
  let start = 0;
  const verifier = new Verifier({
    files,
    tree,
    protectedSet: set,
    base: fromText(input.base),
    hash: (content) => xxh64(content),
    buffer: pageAligned(INLINE_BYTES_MAX),
    sink: {
      stated: () => undefined,
      equal: (parent, entry) => {
        equal += 1;
        if (parent.children?.get(entry.name) === undefined) tree.add(parent, entry.name, entry.node, entry.type);
      },
      equalFolder: () => undefined,
      doubts: () => 0,
      differs: (difference) => {
        differences += 1;
        if (differences < 4) console.log(JSON.stringify(difference, (_key, v) => (typeof v === 'bigint' ? `${v}` : v)));
      },
      refused: (_folder, error) => {
        throw error;
      },
      progress: () => undefined,
    },
    content: { open: (node) => openIn(tree, input.base, node), isAwaited: () => false },
  });
  port.on('message', (root: number) => tree.addRoot(fromText('/data'), root));
  input.peer.on('message', (records: Uint8Array) => {
    for (const { change } of readRecords(records)) {
      if (change.kind === 'verifyFolder') verifier.folder(change);
      else if (change.kind === 'verifyContent') verifier.content(change);
      else if (change.kind === 'checkBegin') {
        start = cpuMs();
        verifier.begin(change);
      } else if (change.kind === 'checkEnd') {
        verifier.end(change);
        port.postMessage({ side: 'passive', cpuMs: cpuMs() - start, differences, equal } satisfies RoundReport);
        differences = 0;
        equal = 0;
      }
    }
  });
}

function openIn(tree: NodeTree, base: string, node: Node): number | null {
  if (node.parent === null) return null;
  const folder = files.openFolder((base + tree.pathOf(node.parent)) as ByteString);
  try {
    return files.openAt(folder, node.name, OPEN.readOnly | OPEN.noAccessTime);
  } finally {
    files.close(folder);
  }
}

function prepare(top: string, kind: Kind): { active: string; passive: string } {
  const active = path.join(top, `${kind}-active`);
  const passive = path.join(top, `${kind}-passive`);
  if (!fs.existsSync(passive)) {
    const random = seededRandom(1);
    const noise = Buffer.from(Uint32Array.from({ length: 8192 }, () => random() * 2 ** 32).buffer);
    if (kind === 'small') makeSmall(path.join(active, 'data'), noise, random);
    else makeLarge(path.join(active, 'data'), noise, random);
    execFileSync('cp', ['-a', active, `${passive}.making`]);
    execFileSync('sync');
    fs.renameSync(`${passive}.making`, passive);
  }
  return { active, passive };
}

function makeSmall(top: string, noise: Buffer, random: () => number): void {
  for (let folder = 0; folder < 1000; folder += 1) {
    const inside = path.join(top, `folder-${folder}`);
    fs.mkdirSync(inside, { recursive: true });
    for (let file = 0; file < 100; file += 1) {
      const start = Math.floor(random() * 16_000);
      const size = 1024 + Math.floor(random() * 15 * 1024);
      fs.writeFileSync(path.join(inside, `file-${file}.dat`), noise.subarray(start, start + size));
    }
  }
}

function makeLarge(top: string, noise: Buffer, random: () => number): void {
  fs.mkdirSync(top, { recursive: true });
  for (let file = 0; file < 4; file += 1) {
    const target = fs.openSync(path.join(top, `large-${file}`), 'w');
    for (let block = 0; block < (512 * 1024 * 1024) / noise.length; block += 1) {
      noise.writeDoubleLE(random(), 0);
      fs.writeSync(target, noise);
    }
    fs.closeSync(target);
  }
}

async function startRsync(top: string, passive: string): Promise<ChildProcess | null> {
  if (spawnSync('rsync', ['--version']).status !== 0) return null;
  const settings = path.join(top, 'rsyncd.conf');
  fs.writeFileSync(settings, `use chroot = no\nuid = 0\ngid = 0\n[data]\npath = ${passive}/data\nread only = no\n`);
  // With a socket as its standard input, as a pipe of Node is one, rsync believes to be called by inetd.
  const daemon = spawn(
    'rsync',
    ['--daemon', '--no-detach', `--port=${RSYNC_PORT}`, '--address=127.0.0.1', `--config=${settings}`],
    { stdio: 'ignore' },
  );
  for (let tries = 0; tries < 100; tries += 1) {
    const up = await new Promise<boolean>((resolve) => {
      const socket = connect(RSYNC_PORT, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.unref();
    });
    if (up) return daemon;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  daemon.kill();
  throw new Error('the rsync daemon does not answer');
}

function rsyncMs(active: string): number {
  const start = performance.now();
  execFileSync('rsync', ['-anc', `${active}/data/`, `rsync://127.0.0.1:${RSYNC_PORT}/data/`]);
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

async function main(): Promise<void> {
  const [top, kind = 'small', rounds = '9'] = process.argv.slice(2);
  if (top === undefined || (kind !== 'small' && kind !== 'large')) {
    console.error('usage: node bench/check-engine.ts FOLDER [small|large] [rounds]');
    process.exit(2);
  }
  const { active, passive } = prepare(path.resolve(top), kind);
  const { port1, port2 } = new MessageChannel();
  const start = (input: WorkerInput): Worker =>
    new Worker(new URL(import.meta.url), { workerData: input, transferList: [input.peer] });
  const scanning = start({ side: 'active', base: active, peer: port1 });
  const comparing = start({ side: 'passive', base: passive, peer: port2 });
  const root = await new Promise<number>((resolve) => scanning.once('message', resolve));
  comparing.postMessage(root);
  const rsync = await startRsync(path.resolve(top), passive);
  const walls: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round <= Number(rounds); round += 1) {
    const begun = performance.now();
    const reports = [scanning, comparing].map(
      (worker) => new Promise<RoundReport>((resolve) => worker.once('message', resolve)),
    );
    scanning.postMessage(round + 1);
    const [sent, compared] = await Promise.all(reports);
    const wall = performance.now() - begun;
    const rival = rsync === null ? null : rsyncMs(active);
    const cpu = `CPU active ${sent?.cpuMs.toFixed(0)} ms, passive ${compared?.cpuMs.toFixed(0)} ms`;
    const outcome = `${compared?.equal} equal, ${compared?.differences} different`;
    console.log(
      `${round === 0 ? 'warm-up' : `round ${round}`}: ${wall.toFixed(0)} ms; ${cpu}; ${outcome}${rival === null ? '' : `; rsync ${rival.toFixed(0)} ms`}`,
    );
    if (round === 0) continue;
    walls.push(wall);
    if (rival !== null) ratios.push(wall / rival);
  }
  console.log(
    `median ${median(walls).toFixed(0)} ms${rsync === null ? '' : `; paired ratio to rsync ${median(ratios).toFixed(3)}`}`,
  );
  rsync?.kill();
  await Promise.all([scanning.terminate(), comparing.terminate()]);
}

const input = workerData as WorkerInput | null;
if (input === null) await main();
else if (input.side === 'active') runActive(input);
else runPassive(input);
