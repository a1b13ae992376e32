import { afterEach, beforeEach, expect, it } from 'vitest';
import { MIB, type MonotonicMs } from '../kernel/units.ts';
import { FileError } from '../kernel/files.ts';
import { NodeFiles } from '../system/files.ts';
import { create, FOLDER, ROOT, Trial } from './trial.testing.ts';

/** Takes no content while it is full. */
class FullFiles extends NodeFiles {
  isFull = false;
  override write(file: number, data: Uint8Array, position: number): void {
    if (this.isFull) throw new FileError({ code: 'ENOSPC', call: 'pwrite', path: '' });
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

it('of a file system that can not be asked nothing is said', () => {
  files.fileSystem = () => {
    throw new FileError({ code: 'EIO', call: 'fstatfs', path: '' });
  };
  passes(1000);
  expect(told()).toEqual([]);
});
