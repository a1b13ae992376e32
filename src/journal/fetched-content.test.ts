import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PullAnswer } from '../changes/data-frame.ts';
import { hashContent } from '../system/files/content-hash.ts';
import { NodeFiles } from '../system/files/files.ts';
import { FetchedContent } from './fetched-content.ts';

const START = { epoch: 4, sequence: 0 };
const LAST = { epoch: 4, sequence: 17 };
const FILE = 'resync';

let directory: string;
let opened: FetchedContent[];

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'fetched-'));
  opened = [];
});

afterEach(() => {
  for (const one of opened) one.close();
  fs.rmSync(directory, { recursive: true });
});

function open(): FetchedContent {
  const content = new FetchedContent({ files: new NodeFiles(), hash: hashContent, directory });
  opened.push(content);
  return content;
}

function answer(node: number, text: string, offset = 0): PullAnswer {
  const attributes = { mode: 0o644, uid: 1, gid: 2, mtimeSeconds: 3, mtimeNanoseconds: 4 };
  const content = Buffer.from(text);
  return { node, offset, length: 1000, failure: null, sizeBytes: offset + content.length, attributes, content };
}

it('gives back what was put in, after a restart as well, and of two about the same the later one', () => {
  const before = open();
  before.begin(START);
  before.put(answer(7, 'first'));
  before.put(answer(7, 'further', 262_144));
  before.put(answer(7, 'second'));
  before.put({ ...answer(8, ''), failure: 'gone' });
  before.seal(LAST);
  before.close();
  const after = open();
  after.takeUp(START);
  expect(Buffer.from(after.get(7, 0)?.content ?? '').toString()).toBe('second');
  expect(after.get(7, 0)).toMatchObject({ sizeBytes: 6, attributes: { mode: 0o644, mtimeNanoseconds: 4 } });
  expect(after.hashOf(7, 262_144)).toBe(hashContent(Buffer.from('further')));
  expect(after.get(8, 0)).toMatchObject({ failure: 'gone' });
  expect([after.hashOf(8, 0), after.hashOf(9, 0), after.get(9, 0)]).toEqual([null, undefined, null]);
  expect(after.sealed).toEqual(LAST);
});

it('leaves out a torn or damaged end, and goes on before it', () => {
  const before = open();
  before.begin(START);
  before.put(answer(1, 'whole'));
  const whole = before.bytes;
  before.put(answer(2, 'torn'));
  before.close();
  const path = join(directory, FILE);
  for (const damage of [(bytes: Buffer) => bytes.subarray(0, -1), flipped]) {
    fs.writeFileSync(path, damage(fs.readFileSync(path)));
    const after = open();
    after.takeUp(START);
    expect([after.bytes, after.get(2, 0), after.sealed]).toEqual([whole, null, null]);
    after.put(answer(2, 'again'));
    expect(Buffer.from(after.get(2, 0)?.content ?? '').toString()).toBe('again');
    after.close();
  }
});

it('is of no use for anything else than what it was begun for', () => {
  const before = open();
  before.begin(START);
  before.put(answer(1, 'content'));
  before.close();
  const other = open();
  other.takeUp({ epoch: 5, sequence: 0 });
  expect(other.get(1, 0)).toBeNull();
  other.remove();
  expect(fs.existsSync(join(directory, FILE))).toBe(false);
  // Where there was none there is nothing to remove.
  other.remove();
  other.takeUp(START);
  expect(other.get(1, 0)).toBeNull();
});

/** In its last byte. */
function flipped(bytes: Buffer): Buffer {
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes;
}
