import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { REGISTRY_PIECE_BYTES, type RegistryChange } from '../../changes/change.ts';
import { FileError } from '../../kernel/files.ts';
import { encodeBatch } from '../../registry/batch-codec.ts';
import { NodeFiles } from '../../system/files/files.ts';
import { RegistrySpool } from './registry-spool.ts';

let top: string;
let met: string[];
let refusals: string[];
let files: FullDisk;
let spool: RegistrySpool;

beforeEach(() => {
  top = fs.mkdtempSync(join(tmpdir(), 'understudy-spool-'));
  [met, refusals] = [[], []];
  files = new FullDisk();
  start();
});

afterEach(() => {
  spool.close();
  fs.rmSync(top, { recursive: true });
});

/** A disk that has room for so many more writes. */
class FullDisk extends NodeFiles {
  room = Number.POSITIVE_INFINITY;

  override write(...parameters: Parameters<NodeFiles['write']>): void {
    if (this.room === 0) throw new FileError({ code: 'ENOSPC', call: 'write', path: 'the state folder' });
    this.room -= 1;
    super.write(...parameters);
  }
}

function start(): void {
  const shared = { files, stateDirectory: top };
  spool = new RegistrySpool({
    ...shared,
    met: (file) => met.push(file),
    refused: (reason, check) => refusals.push(`${reason}, check ${check}`),
  });
}

function piece(number: number, last: boolean, text = 'x'): RegistryChange {
  const content = last ? Buffer.from(text) : Buffer.alloc(REGISTRY_PIECE_BYTES, text);
  return { kind: 'registry', piece: number, last, content };
}

const at = (sequence: number): { epoch: number; sequence: number } => ({ epoch: 2, sequence });

it('a batch is a file once its last piece is here, and files sort as positions do', () => {
  spool.take(at(9), piece(0, false));
  expect(met).toEqual([]);
  spool.take(at(10), piece(1, true, 'end'));
  spool.take(at(100), piece(0, true, 'short'));
  expect(met).toEqual([...met].sort());
  expect(met.map((file) => fs.statSync(join(top, 'registry', file)).size)).toEqual([REGISTRY_PIECE_BYTES + 3, 5]);
});

it('a start in the middle of a batch goes on with it, also where pieces come again', () => {
  spool.take(at(1), piece(0, false, 'a'));
  spool.take(at(2), piece(1, false, 'b'));
  spool.close();
  start();
  spool.take(at(2), piece(1, false, 'b'));
  spool.take(at(3), piece(2, true, 'c'));
  const content = fs.readFileSync(join(top, 'registry', met[0] ?? ''), 'latin1');
  expect([content.length, content[0], content[REGISTRY_PIECE_BYTES], content.at(-1)]).toEqual([
    2 * REGISTRY_PIECE_BYTES + 1,
    'a',
    'b',
    'c',
  ]);
});

it('pieces whose beginning was never here are passed over', () => {
  spool.take(at(5), piece(3, true));
  expect(met).toEqual([]);
  spool.take(at(6), piece(0, true));
  expect(met).toHaveLength(1);
});

it('pieces of a complete batch that come again do not go into the next one, which has begun', () => {
  spool.take(at(1), piece(0, false, 'a'));
  spool.take(at(2), piece(1, true, 'end'));
  spool.take(at(3), piece(0, false, 'b'));
  spool.close();
  start();
  spool.take(at(2), piece(1, true, 'end'));
  expect(met).toHaveLength(1);
  spool.take(at(3), piece(0, false, 'b'));
  spool.take(at(4), piece(1, true, 'end'));
  expect(met).toHaveLength(2);
  expect(fs.readFileSync(join(top, 'registry', met[1] ?? ''), 'latin1')[0]).toBe('b');
  expect(fs.readdirSync(join(top, 'registry')).filter((name) => name.endsWith('.part'))).toEqual([]);
});

it('a batch that the disk has no room for is given up, whole, and told; the next one is taken', () => {
  files.room = 1;
  const batch = encodeBatch({ run: 1, number: 2, purpose: 'whole', check: 7, sections: [] });
  const first = { ...piece(0, false, 'a') };
  batch.copy(first.content as Buffer);
  spool.take(at(1), first);
  spool.take(at(2), piece(1, false, 'b'));
  files.room = 10;
  spool.take(at(3), piece(2, true, 'c'));
  expect([met, refusals]).toEqual([[], ['write of the state folder gave ENOSPC, check 7']]);
  // Nor is it taken for whole where what came of it was applied by an earlier run.
  spool.close();
  start();
  spool.take(at(3), piece(2, true, 'c'));
  expect(met).toEqual([]);
  spool.take(at(4), piece(0, true, 'd'));
  expect(met).toHaveLength(1);
  expect(fs.readdirSync(join(top, 'registry'))).toEqual(met);
});
