import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import type { NewFileOrder } from '../kernel/file-maker.ts';
import { NodeFiles } from './files.ts';
import { HELPER, WORD } from './file-order-work.ts';
import { FileOrders } from './file-orders.ts';
import { type FileMakerData, ParallelFileMaker } from './parallel-file-maker.ts';
import { startThread, type Thread } from './threads.ts';

const UID = process.getuid?.() ?? 0;
const GID = process.getgid?.() ?? 0;

let folder: string;
let descriptor: number;
let contents: SharedArrayBuffer;
let helper: Thread<never, never> | null;
let started: FileMakerData | null;
let maker: ParallelFileMaker;
const files = new NodeFiles();

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'maker-'));
  descriptor = files.openFolder(fromText(folder));
  contents = new SharedArrayBuffer(64 * 1024);
  helper = null;
  started = null;
  maker = new ParallelFileMaker(files, contents, (data) => {
    started = data;
    helper = startThread<never, never>(new URL('./file-maker-worker.ts', import.meta.url), data);
  });
});

afterEach(async () => {
  maker.rest();
  await helper?.terminate();
  files.close(descriptor);
  fs.rmSync(folder, { recursive: true });
});

function orders(count: number, prefix: string): NewFileOrder[] {
  return Array.from({ length: count }, (_, index) => {
    const content = Buffer.from(contents, index * 100, index % 100).fill(index);
    return {
      target: { folder: descriptor, name: fromText(`${prefix}-${String(index)}`) },
      content,
      mode: index % 2 === 0 ? 0o640 : 0o604,
      uid: UID,
      gid: GID,
      mtimeSeconds: 1_000_000 + index,
      mtimeNanoseconds: index,
    };
  });
}

/** Until the second thread is there; each round makes files of its own. */
async function untilHelped(): Promise<void> {
  maker.make(orders(4, 'first'));
  maker.name();
  const { control } = new FileOrders(
    (started as FileMakerData | null)?.memory ?? expect.fail('no thread was asked for'),
  );
  const waited = Atomics.waitAsync(control, WORD.helper, HELPER.absent, 10_000);
  expect(waited.async ? await waited.value : 'ok').not.toBe('timed-out');
}

function mustBeThere(made: readonly NewFileOrder[]): void {
  for (const order of made) {
    const path = join(folder, order.target.name);
    const stat = fs.statSync(path);
    expect(fs.readFileSync(path).equals(order.content)).toBe(true);
    expect([stat.mode & 0o7777, stat.mtimeMs]).toEqual([
      order.mode,
      order.mtimeSeconds * 1000 + order.mtimeNanoseconds / 1e6,
    ]);
  }
}

describe('files made on two threads', () => {
  it('have content, mode, time and a true status, from the first batch to the one after a rest', async () => {
    await untilHelped();
    for (const prefix of ['a', 'b']) {
      const some = orders(200, prefix);
      const made = maker.make(some);
      expect(fs.readdirSync(folder).some((name) => name.startsWith(prefix))).toBe(false);
      expect(made.slice(0, 200).every(({ file, isNamed }) => file !== null && !isNamed)).toBe(true);
      maker.name();
      mustBeThere(some);
      for (const [index, order] of some.entries()) {
        const { stat, isNamed } = made[index] ?? expect.fail('no outcome');
        const there = fs.statSync(join(folder, order.target.name));
        expect([isNamed, stat.inode, stat.sizeBytes, stat.linkCount]).toEqual([true, there.ino, there.size, 1]);
      }
    }
    maker.rest();
    const after = orders(10, 'after');
    maker.make(after);
    maker.name();
    mustBeThere(after);
  });

  it('take no name that something has; nothing is left of those, and no descriptor', async () => {
    await untilHelped();
    const some = orders(50, 'taken');
    fs.writeFileSync(join(folder, 'taken-7'), 'there before');
    const open = fs.readdirSync('/proc/self/fd').length;
    const made = maker.make(some);
    maker.name();
    expect(some.map((_, index) => made[index]?.isNamed)).toEqual(some.map((_, index) => index !== 7));
    expect(fs.readFileSync(join(folder, 'taken-7'), 'latin1')).toBe('there before');
    expect(fs.readdirSync('/proc/self/fd').length).toBe(open);
  });

  it('are made by the asking thread alone where the other one can not see their content', async () => {
    await untilHelped();
    const some = orders(20, 'own').map((order) => ({ ...order, content: Buffer.from(order.content) }));
    maker.make(some);
    maker.name();
    mustBeThere(some);
  });

  it('that can not be made at all are told so', async () => {
    await untilHelped();
    const some = orders(20, 'lost').map((order) => ({ ...order, target: { ...order.target, folder: 9999 } }));
    const made = maker.make(some);
    expect(some.every((_, index) => made[index]?.file === null)).toBe(true);
    maker.name();
    expect(some.some((_, index) => made[index]?.isNamed)).toBe(false);
  });
});
