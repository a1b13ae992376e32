import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packExtended } from '../changes/extended.ts';
import type { Hole } from '../changes/holes.ts';
import { fromText } from '../kernel/byte-string.ts';
import { Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { NodeFiles } from '../system/files/files.ts';
import { setHoles, without } from './hole-maker.ts';

const blocks = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });

it('what lies in some holes and in none of the others, block by block', () => {
  fc.assert(
    fc.property(blocks, blocks, (a, b) => {
      const left = without(asHoles(a), asHoles(b));
      expect(left).toEqual(asHoles(a.map((isHole, index) => isHole && b[index] !== true)));
    }),
  );
});

it('refuses nothing where the file still ends before a hole', () => {
  const files = new NodeFiles();
  const top = fs.mkdtempSync(join(tmpdir(), 'understudy-holes-'));
  const path = join(top, 'file');
  fs.writeFileSync(path, Buffer.alloc(10_000));
  const folder = files.openFolder(fromText(top));
  const at = { folder, name: fromText('file') };
  const stat = new Stat();
  try {
    files.statAt(folder, at.name, stat);
    const holes = [{ from: 1, count: 5 }];
    expect(setHoles(files, at, stat, packExtended({ flags: 0, holes, xattrs: new Map() }))).toBeNull();
    expect(fs.readFileSync(path)).toEqual(Buffer.alloc(10_000));
  } finally {
    files.close(folder);
    fs.rmSync(top, { recursive: true });
  }
});

it('makes holes of zeros only, and fills what should be none', () => {
  const files = new NodeFiles();
  const top = fs.mkdtempSync(join(tmpdir(), 'understudy-holes-'));
  const folder = files.openFolder(fromText(top));
  const at = { folder, name: fromText('file') };
  try {
    fs.writeFileSync(
      join(top, 'file'),
      Buffer.concat([Buffer.alloc(8192), Buffer.alloc(8192, 'x'), Buffer.alloc(8192)]),
    );
    const stated = (holes: Hole[]) => packExtended({ flags: 0, holes, xattrs: new Map() });
    const found = (): number[] => {
      const file = files.openAt(folder, at.name, OPEN.readOnly);
      const edges = files.holes(file, 24_576);
      files.close(file);
      return edges;
    };
    const now = (): Stat => {
      const stat = new Stat();
      files.statAt(folder, at.name, stat);
      return stat;
    };
    expect(setHoles(files, at, now(), stated([{ from: 0, count: 2 }]))).toBeNull();
    expect(found()).toEqual([0, 8192]);
    // Content is in the way of one of them.
    expect(setHoles(files, at, now(), stated([{ from: 3, count: 3 }]))).toBeNull();
    expect(found()).toEqual([]);
    expect(setHoles(files, at, now(), stated([{ from: 4, count: 2 }]))).toBeNull();
    expect(found()).toEqual([16_384, 24_576]);
    expect(setHoles(files, at, now(), fromText(''))).toBeNull();
    expect(now().allocatedBytes).toBeGreaterThanOrEqual(24_576);
    expect(fs.readFileSync(join(top, 'file')).subarray(8192, 16_384)).toEqual(Buffer.alloc(8192, 'x'));
  } finally {
    files.close(folder);
    fs.rmSync(top, { recursive: true });
  }
});

it('gives back space that is only reserved where holes are to be', () => {
  const files = new NodeFiles();
  const top = fs.mkdtempSync(join(tmpdir(), 'understudy-holes-'));
  const folder = files.openFolder(fromText(top));
  const at = { folder, name: fromText('file') };
  const now = (): Stat => {
    const stat = new Stat();
    files.statAt(folder, at.name, stat);
    return stat;
  };
  const sizeBytes = 1024 * 1024;
  try {
    const file = files.openAt(folder, at.name, OPEN.readWrite | OPEN.create, 0o600);
    files.setSize(file, sizeBytes);
    files.write(file, Buffer.alloc(8192, 'x'), 40_960);
    files.close(file);
    // Told to have none, it takes all its space; for lseek(2) its holes are the same as before.
    expect(setHoles(files, at, now(), fromText(''))).toBeNull();
    expect(now().allocatedBytes).toBeGreaterThanOrEqual(sizeBytes);
    const holes = [
      { from: 0, count: 10 },
      { from: 12, count: 244 },
    ];
    expect(setHoles(files, at, now(), packExtended({ flags: 0, holes, xattrs: new Map() }))).toBeNull();
    expect(now().allocatedBytes).toBeLessThan(64 * 1024);
    expect(fs.readFileSync(join(top, 'file')).subarray(40_960, 49_152)).toEqual(Buffer.alloc(8192, 'x'));
  } finally {
    files.close(folder);
    fs.rmSync(top, { recursive: true });
  }
});

function asHoles(blocks: readonly boolean[]): Hole[] {
  const holes: Hole[] = [];
  for (const [index, isHole] of blocks.entries()) {
    const last = holes.at(-1);
    if (!isHole) continue;
    if (last !== undefined && last.from + last.count === index)
      holes[holes.length - 1] = { ...last, count: last.count + 1 };
    else holes.push({ from: index, count: 1 });
  }
  return holes;
}
