import { afterEach, beforeEach, expect, it } from 'vitest';
import { INLINE_BYTES_MAX, RANGE_BYTES } from '../changes/change.ts';
import { MIB, type MonotonicMs } from '../kernel/units.ts';
import { FileError } from '../kernel/files.ts';
import { NodeFiles } from '../system/files/files.ts';
import { answerTo, attributes, create, entry, FOLDER, ROOT, Trial } from './trial.testing.ts';

/** Takes no content while it is full, but for the first bytes of a write where some fit. */
class FullFiles extends NodeFiles {
  isFull = false;
  fits = 0;
  /** Content of files has room, but not what is written down of them. */
  refusesEntries = false;
  override write(file: number, data: Uint8Array, position: number): void {
    if (this.refusesEntries && data.length % 8 === 0) throw new FileError({ code: 'ENOSPC', call: 'pwrite', path: '' });
    if (this.isFull) {
      if (this.fits > 0) super.write(file, data.subarray(0, this.fits), position);
      throw new FileError({ code: 'ENOSPC', call: 'pwrite', path: '' });
    }
    super.write(file, data, position);
  }
}

let files: FullFiles;
let trial: Trial;
beforeEach(() => {
  files = new FullFiles();
  trial = new Trial({ files }).rooted();
});
afterEach(() => trial.end());

function passes(ms: number): void {
  trial.now += ms;
  trial.apply.retry(trial.now as MonotonicMs);
  trial.apply.pump();
}

/** Problems told, and told to be over: `+` and `-` before their codes. */
function told(): string[] {
  return trial.events.flatMap((event) => {
    if (event.kind === 'problem') return [`+${event.problem.code} ${String(event.path)}`];
    return event.kind === 'cleared' ? [`-${event.problem.code}`] : [];
  });
}

function fill(): void {
  files.isFull = true;
  trial.freeBytes = 0;
  trial.do(create(11, ROOT, 'a', 'one'), create(12, ROOT, 'b', 'two'), create(13, ROOT, 'c', 'three'));
}

it('many items without space are one problem of their protected folder', () => {
  fill();
  passes(1000);
  expect(told()).toEqual([`+APL-030 ${FOLDER}`]);
  expect(trial.apply.counts.outOfSync).toBe(3);
});

it('while there is no room only one of them goes on trying', () => {
  fill();
  passes(1000);
  trial.rechecks.clear();
  passes(60_000);
  const items = [...trial.rechecks].filter((node) => node !== ROOT);
  expect(items).toEqual([11]);
});

it('once there is room all are tried again, and when all are here the problem is over', () => {
  fill();
  passes(1000);
  files.isFull = false;
  trial.freeBytes = 100 * MIB;
  trial.rechecks.clear();
  passes(1000);
  passes(1000);
  expect([...trial.rechecks]).toEqual(expect.arrayContaining([11, 12, 13]));
  trial.do(create(11, ROOT, 'a', 'one'), create(12, ROOT, 'b', 'two'));
  passes(1000);
  expect(told()).toEqual([`+APL-030 ${FOLDER}`]);
  trial.do(create(13, ROOT, 'c', 'three'));
  passes(1000);
  expect(told()).toEqual([`+APL-030 ${FOLDER}`, '-APL-030']);
  expect(trial.apply.counts.outOfSync).toBe(0);
});

it('after a restart it is one problem again, told of the protected folder and of no item', () => {
  fill();
  passes(1000);
  trial.checkpoint();
  trial.events.length = 0;
  trial.crash();
  passes(1000);
  expect(told()).toEqual([`+APL-030 ${FOLDER}`]);
});

/** Answers what is asked for, for so many turns. @returns how many ranges were sent. */
function sent(content: Buffer, turns: number): number {
  let count = 0;
  for (let turn = 0; turn < turns; turn++) {
    trial.apply.pump();
    for (const request of trial.pulls.splice(0)) {
      trial.apply.answers([answerTo(request, { content, attributes: attributes(5) })]);
      count++;
    }
  }
  return count;
}

it('a file that is larger than what may be on its way is not sent again and again', () => {
  const content = Buffer.alloc(80 * RANGE_BYTES, 'x');
  files.isFull = true;
  trial.freeBytes = 0;
  trial.do(create(11, ROOT, 'f', content));
  expect(sent(content, 100)).toBeLessThan(80);
  expect(trial.apply.counts.outOfSync).toBe(1);
  files.isFull = false;
  trial.do(create(11, ROOT, 'f', content));
  sent(content, 100);
  expect(trial.apply.counts).toMatchObject({ outOfSync: 0, pullsWaiting: 0 });
});

it('what could be written of a file that is there is no stranger’s, and not kept', () => {
  const before = Buffer.alloc(INLINE_BYTES_MAX + 1, 'x');
  const content = Buffer.alloc(before.length, 'y');
  trial.do(create(11, ROOT, 'f', before));
  sent(before, 10);
  files.isFull = true;
  files.fits = 4096;
  const ranges = [{ offset: 0, length: RANGE_BYTES }];
  const repair = (): void => {
    trial.apply.repair({ kind: 'ranges', node: 11, attributes: attributes(7), sizeBytes: content.length, ranges });
    sent(content, 10);
  };
  repair();
  trial.checkpoint();
  files.isFull = false;
  repair();
  expect(trial.apply.quarantine.list()).toEqual([]);
});

it('new files that can not be written down as ours are not made, and come once they can', () => {
  const content = Buffer.from('content');
  const repair = (): number => {
    for (const [node, name] of [
      [11, 'a'],
      [12, 'b'],
    ] as const)
      trial.apply.repair({ kind: 'missing', parent: ROOT, entry: entry(node, name, content) });
    trial.apply.pump();
    const requests = trial.pulls.splice(0);
    trial.apply.answers(requests.map((request) => answerTo(request, { content, attributes: attributes(5) })));
    return requests.length;
  };
  files.refusesEntries = true;
  trial.freeBytes = 0;
  expect(repair()).toBe(2);
  passes(1000);
  expect(told()).toEqual([`+APL-030 ${FOLDER}`]);
  expect(trial.apply.counts.outOfSync).toBe(2);
  files.refusesEntries = false;
  trial.freeBytes = 100 * MIB;
  passes(1000);
  repair();
  passes(1000);
  expect(trial.apply.counts.outOfSync).toBe(0);
});

it('of a file system that can not be asked nothing is said', () => {
  files.fileSystem = () => {
    throw new FileError({ code: 'EIO', call: 'fstatfs', path: '' });
  };
  passes(1000);
  expect(told()).toEqual([]);
});
