import fs from 'node:fs';
import { expect, it, vi } from 'vitest';
import { seededRandom } from '../../../src/kernel/random.ts';
import { readReg } from '../../../src/registry/reg-reader.ts';
import { RegSyntaxError } from '../../../src/registry/reg-syntax.ts';
import { writeReg } from '../../../src/registry/reg-writer.ts';
import { anyEdit, contentOf, treeOf } from '../../../src/registry/registry.testing.ts';
import { proofRuns } from '../../support/proof-runs.ts';

// A hundred thousand files take a loaded machine minutes.
vi.setConfig({ testTimeout: proofRuns({ short: 600_000, full: 7_200_000 }) });

const MUTATIONS = proofRuns({ short: 10_000, full: 100_000 });
/** What Samba’s tool and Wine’s regedit exported: keys with all types of values, and others at random. */
const EXPORTS = [
  { bytes: exported('samba.reg'), encoding: 'utf-8' },
  { bytes: exported('wine.reg'), encoding: 'utf-16le' },
] as const;
/** What parsers trip over. */
const TOKENS = ['\\', '"', '[', ']', '=', '-', ',', 'hex(', 'hex:', 'dword:', '\r\n', ';', '@', '\0', '\ufeff', 'ff'];

it(`a .reg file that is spoilt in ${MUTATIONS} ways is read, or refused with its place`, () => {
  const random = seededRandom(11);
  const integer = (below: number): number => Math.floor(random() * below);
  let refused = 0;
  for (let round = 0; round < MUTATIONS; round += 1) {
    const { bytes, encoding } = EXPORTS[round % 2] as (typeof EXPORTS)[number];
    const edits = Array.from({ length: 1 + integer(12) }, () => anyEdit(random));
    const spoilt = mutated(round % 4 < 2 ? bytes : writeReg(edits, encoding), encoding, integer, random);
    try {
      readReg(spoilt);
    } catch (error) {
      if (!(error instanceof RegSyntaxError)) throw error;
      refused += 1;
      expect(error.line).toBeGreaterThan(0);
      expect(error.column).toBeGreaterThan(0);
    }
  }
  expect(refused).toBeGreaterThan(MUTATIONS / 10);
  expect(refused).toBeLessThan(MUTATIONS);
});

it.each(EXPORTS)('what was exported in $encoding says the same once it was read and written', ({ bytes }) => {
  const { edits } = readReg(bytes);
  expect(edits.length).toBeGreaterThan(100);
  expect(contentOf(treeOf(readReg(writeReg(edits, 'utf-16le')).edits))).toEqual(contentOf(treeOf(edits)));
});

function exported(name: string): Buffer {
  return fs.readFileSync(new URL(`exports/${name}`, import.meta.url));
}

function mutated(
  whole: Buffer,
  encoding: 'utf-8' | 'utf-16le',
  integer: (below: number) => number,
  random: () => number,
): Buffer {
  let bytes: Buffer = Buffer.from(whole);
  for (let count = 1 + integer(4); count > 0; count -= 1) {
    const at = integer(bytes.length + 1);
    const end = Math.min(bytes.length, at + integer(30));
    const token = Buffer.from(TOKENS[integer(TOKENS.length)] as string, encoding);
    const way = random();
    if (way < 0.25) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    else if (way < 0.6) bytes = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at)]);
    else if (way < 0.7) bytes = Buffer.concat([bytes, bytes.subarray(at, end)]);
    else if (at < bytes.length) bytes[at] = integer(256);
  }
  return bytes;
}
