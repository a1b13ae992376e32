import fs from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { HANDLE_TABLE_BYTES, HandleTable, OWN_HANDLES_BYTES } from '../../intercept/handle-table.ts';
import { KeptFiles } from './kept-files.ts';

const NODE = { low: 12, high: 7 };
const OPENED = { ...NODE, flags: 0 };
const ITS_DESCRIPTOR = 30;

let table: HandleTable;
let files: KeptFiles;
/** What the keeper was told. */
let told: string[];
let descriptor: number;

beforeEach(() => {
  table = new HandleTable(new SharedArrayBuffer(HANDLE_TABLE_BYTES), new SharedArrayBuffer(OWN_HANDLES_BYTES));
  told = [];
  const tell = (what: string): Promise<void> => {
    told.push(what);
    return Promise.resolve();
  };
  files = new KeptFiles(
    {
      hold: () => tell('hold'),
      release: () => tell('release'),
      holdFile: () => tell('hold file'),
      releaseFile: () => tell('release file'),
    },
    table,
  );
  descriptor = fs.openSync('/dev/null', 'r');
});

function isOpen(): boolean {
  try {
    fs.fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

it('a file that is open is kept until nobody has it open', async () => {
  const handle = table.take(OPENED, ITS_DESCRIPTOR);
  await files.keep({ ...NODE, descriptor }, null);
  await files.letGo(NODE);
  expect([told, table.kept, isOpen()]).toEqual([['hold file'], 1, true]);
  table.free(handle, table.generation);
  await files.letGo(NODE);
  expect([told, table.kept, isOpen()]).toEqual([['hold file', 'release file'], 0, false]);
});

it('one whose last close comes before it is known to be kept is not kept for good', async () => {
  const handle = table.take(OPENED, ITS_DESCRIPTOR);
  table.free(handle, table.generation);
  const word = new SharedArrayBuffer(4);
  await files.keep({ ...NODE, descriptor }, word);
  expect([told, table.kept, isOpen()]).toEqual([['hold file', 'release file'], 0, false]);
  expect(new Int32Array(word)[0]).toBe(1);
});
