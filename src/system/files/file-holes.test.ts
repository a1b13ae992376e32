import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OPEN } from '../../kernel/open-flags.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { MIB } from '../../kernel/units.ts';
import { NodeFiles } from './files.ts';

const SIZE = 3 * MIB;
const BLOCK = 4096;

const files = new NodeFiles();
let top: string;
let folder: number;
let file: number;

beforeEach(() => {
  top = fs.mkdtempSync(join(tmpdir(), 'understudy-file-holes-'));
  folder = files.openFolder(fromText(top));
  file = files.openAt(folder, fromText('file'), OPEN.create | OPEN.readWrite, 0o600);
  files.setSize(file, SIZE);
});

afterEach(() => {
  files.close(file);
  files.close(folder);
  fs.rmSync(top, { recursive: true });
});

it('space that is only reserved is a hole, whoever has read it', () => {
  files.allocate(file, 0, MIB);
  expect(files.holes(file, SIZE)).toEqual([0, SIZE]);
  fs.readFileSync(join(top, 'file'));
  expect(files.holes(file, SIZE)).toEqual([0, SIZE]);
});

it('what is written there is none, on the disk or on its way', () => {
  files.allocate(file, 0, 2 * MIB);
  files.write(file, Buffer.from('x'), MIB);
  fs.readFileSync(join(top, 'file'));
  const holes = [0, MIB, MIB + BLOCK, SIZE];
  expect(files.holes(file, SIZE)).toEqual(holes);
  files.sync(file);
  fs.readFileSync(join(top, 'file'));
  expect(files.holes(file, SIZE)).toEqual(holes);
  expect(fs.readFileSync(join(top, 'file')).indexOf('x')).toBe(MIB);
});

it('of many pieces each is met', () => {
  for (let at = 0; at < SIZE; at += 4 * BLOCK) {
    files.allocate(file, at, BLOCK);
    files.write(file, Buffer.alloc(BLOCK, 'x'), at + 2 * BLOCK);
  }
  files.sync(file);
  const before = files.holes(file, SIZE);
  expect(before).toHaveLength((2 * SIZE) / (4 * BLOCK) + 2);
  fs.readFileSync(join(top, 'file'));
  expect(files.holes(file, SIZE)).toEqual(before);
});
