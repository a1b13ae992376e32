import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UnseenWriter as Program } from '../support/unseen-writer.ts';
import { fromText } from '../../src/kernel/byte-string.ts';
import { devicesOf, findUnseenWriters } from '../../src/system/processes/unseen-writers.ts';

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'understudy-unseen-'));
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

function seen(): object[] {
  return findUnseenWriters(devicesOf([fromText(folder)])).filter(({ path }) => path.startsWith(folder));
}

it('finds who has a file mapped shared and writable, after its descriptor is closed too', async () => {
  const file = join(folder, 'mapped');
  fs.writeFileSync(file, 'content');
  const program = await Program.start('mapping', file);
  const { dev: device, ino: inode } = fs.statSync(file);
  const { birthtimeNs } = fs.statSync(file, { bigint: true });
  const born = { seconds: Number(birthtimeNs / 10n ** 9n), nanoseconds: Number(birthtimeNs % 10n ** 9n) };
  const mapping = { device, inode, path: file, by: 'mapping', direct: false, born };
  expect(seen()).toMatchObject([{ ...mapping, process: { processId: program.pid, name: 'python3' } }]);
  fs.renameSync(file, join(folder, 'renamed'));
  expect(seen()).toMatchObject([{ ...mapping, path: join(folder, 'renamed') }]);
  await program[Symbol.asyncDispose]();
  expect(seen()).toEqual([]);
});

it('finds who has a file open for writing and does asynchronous I/O of the kernel', async () => {
  const file = join(folder, 'written');
  fs.writeFileSync(file, 'content');
  await using program = await Program.start('libaio', file);
  await program.write(0, 'CON');
  expect(fs.readFileSync(file, 'utf8')).toBe('CONtent');
  const { dev: device, ino: inode } = fs.statSync(file);
  expect(seen()).toMatchObject([
    { device, inode, path: file, by: 'asynchronous', process: { processId: program.pid } },
  ]);
});

it('looks at the file systems of the folders only, those that are there', async () => {
  const file = join(folder, 'mapped');
  fs.writeFileSync(file, 'content');
  await using _program = await Program.start('mapping', file);
  expect(findUnseenWriters(new Set())).toEqual([]);
  expect(devicesOf([fromText(join(folder, 'missing'))])).toEqual(new Set());
  expect(findUnseenWriters(devicesOf([fromText('/proc')]))).toEqual([]);
});
