import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CheckRig, filesWith } from '../../test/support/check-rig.ts';
import type { Change, FolderEntry, VerifyFolder } from '../changes/change.ts';
import { RANGE_BYTES } from '../changes/change.ts';
import { unpackExtended } from '../changes/extended.ts';
import { fromText } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';

let rig: CheckRig;
beforeEach(() => {
  rig = new CheckRig();
});
afterEach(() => rig.remove());

const entriesOf = (changes: readonly Change[]): FolderEntry[] =>
  changes.filter((c): c is VerifyFolder => c.kind === 'verifyFolder').flatMap((c) => c.entries);

/** Where in the stream something about a name stands. */
const positionOf = (changes: readonly Change[], kind: Change['kind'], name: string): number =>
  changes.findIndex(
    (c) =>
      c.kind === kind &&
      (('name' in c && c.name === name) || ('entries' in c && c.entries.some((e) => e.name === name))),
  );

test('a file that capture has not seen yet goes out as a change before it is stated', () => {
  rig.both('known');
  rig.settle();
  rig.write(rig.active, 'fresh', 'x');
  const { changes, differences } = rig.check();
  const created = positionOf(changes, 'create', 'fresh');
  expect(created).toBeGreaterThan(0);
  expect(created).toBeLessThan(positionOf(changes, 'verifyFolder', 'fresh'));
  expect(differences.map((d) => d.kind)).toContain('missing');
});

test('a name that is gone goes out as a removal before its folder is stated without it', () => {
  rig.both('stays');
  rig.both('goes');
  rig.settle();
  fs.rmSync(`${rig.active}/goes`);
  const { changes } = rig.check();
  expect(positionOf(changes, 'unlink', 'goes')).toBe(1);
  expect(entriesOf(changes).map((e) => e.name)).toEqual(['stays']);
});

test('a file that changed goes out first, and what was read before it is stated before that', () => {
  for (const name of ['a', 'b', 'c']) rig.both(name);
  rig.settle();
  fs.appendFileSync(`${rig.active}/b`, 'more');
  const { changes } = rig.check();
  expect(changes.map((c) => c.kind)).toEqual(['checkBegin', 'verifyFolder', 'attributes', 'verifyFolder', 'checkEnd']);
  expect(entriesOf(changes).map((e) => e.sizeBytes)).toEqual([1, 5, 1]);
});

test('a pipe is not stated with the extended attributes of the file that took its name meanwhile', () => {
  rig.both('file');
  for (const side of [rig.active, rig.passive]) execFileSync('mkfifo', [`${side}/pipe`]);
  rig.settle();
  const { files } = rig;
  const listXattrs = files.listXattrs.bind(files);
  let isSwapped = false;
  files.listXattrs = (of) => {
    if (typeof of === 'number' || of.name !== 'pipe') return listXattrs(of);
    if (!isSwapped) fs.renameSync(`${rig.active}/file`, `${rig.active}/pipe`);
    isSwapped = true;
    return [fromText('user.of-the-file')];
  };
  const getXattr = files.getXattr.bind(files);
  files.getXattr = (of, name) => (name === 'user.of-the-file' ? fromText('value') : getXattr(of, name));
  const { changes } = rig.check();
  expect(isSwapped).toBe(true);
  expect(entriesOf(changes).filter((e) => e.type === 'fifo' && e.attributes.extended !== '')).toEqual([]);
});

test('a folder whose own attributes changed is told as changed before it is stated', () => {
  rig.both('known');
  rig.settle();
  fs.chmodSync(rig.active, 0o700);
  const { changes } = rig.check();
  expect(changes.map((c) => c.kind)).toEqual(['checkBegin', 'attributes', 'verifyFolder', 'checkEnd']);
});

test('what was captured between two slices is in what is stated after it, and nothing is stated late', () => {
  for (let n = 0; n < 200; n += 1) rig.both(`f${String(n).padStart(3, '0')}`);
  rig.settle();
  const names = ['f050x', 'f100x', 'f150x', 'zz'];
  const root = rig.activeTree.root('/d' as never);
  let parts = 0;
  const { changes, differences } = rig.check({
    betweenSlices: (slice) => {
      // Everything read so far was stated: a part ends where a slice ends.
      parts = Math.max(parts, rig.changes.filter((c) => c.kind === 'verifyFolder').length);
      const name = names[slice];
      if (name === undefined || root === undefined) return;
      rig.both(name);
      rig.shadow.look(root, name as never);
    },
  });
  expect(parts).toBeGreaterThan(5);
  expect(differences.filter((d) => d.kind !== 'attributes')).toEqual([]);
  const stated = entriesOf(changes).map((e) => String(e.name));
  expect(stated).toEqual([...stated].sort());
  expect(new Set(stated).size).toBe(stated.length);
  expect(stated).toContain('zz');
});

test('a file that is renamed while its folder is stated is stated under the name it has then', () => {
  for (const name of ['a', 'm', 'z']) rig.both(name);
  rig.settle();
  const { look } = rig.shadow;
  // As capture does: who looks at a name that is gone learns where it went.
  rig.shadow.look = (folder, name) => {
    look(folder, name);
    if (name === 'm') look(folder, 'n' as never);
  };
  const files = filesWith(rig.files, {
    read: (file, into, at) => {
      if (fs.existsSync(`${rig.active}/m`))
        for (const side of [rig.active, rig.passive]) fs.renameSync(`${side}/m`, `${side}/n`);
      return rig.files.read(file, into, at);
    },
  });
  const { changes, differences } = rig.check({ files });
  expect(entriesOf(changes).map((e) => e.name)).toEqual(['a', 'n', 'z']);
  expect(differences.filter((d) => d.kind === 'orphan')).toEqual([]);
});

test('a folder removed between two slices ends its pass', () => {
  rig.bothFolders('sub');
  for (let n = 0; n < 100; n += 1) rig.both(`sub/f${n}`);
  rig.both('after');
  rig.settle();
  const root = rig.activeTree.root('/d' as never);
  const { changes } = rig.check({
    betweenSlices: (slice) => {
      if (slice !== 2) return;
      for (const side of [rig.active, rig.passive]) fs.rmSync(`${side}/sub`, { recursive: true });
      if (root !== undefined) rig.shadow.look(root, 'sub' as never);
    },
  });
  expect(changes.at(-1)).toMatchObject({ kind: 'checkEnd', finished: true });
});

test('a file written at every look is stated in the end as it was read last', () => {
  rig.both('busy', 'x');
  rig.settle();
  let reads = 0;
  const files = filesWith(rig.files, {
    read: (file, into, at) => {
      reads += 1;
      fs.appendFileSync(`${rig.active}/busy`, 'x');
      return rig.files.read(file, into, at);
    },
  });
  const { changes } = rig.check({ files });
  expect(reads).toBe(5);
  expect(entriesOf(changes)).toMatchObject([{ name: 'busy', sizeBytes: 5 }]);
});

test('of a large file changed at every look nothing is stated of its attributes and holes', () => {
  for (const side of [rig.active, rig.passive]) {
    rig.write(side, 'busy', '');
    fs.truncateSync(`${side}/busy`, 1_000_000);
  }
  rig.settle();
  const { listXattrs } = rig.files;
  let looks = 0;
  const files = filesWith(rig.files, {
    listXattrs: (of) => {
      looks += 1;
      fs.chmodSync(`${rig.active}/busy`, 0o600 + (looks % 2));
      return listXattrs.call(rig.files, of);
    },
  });
  const [entry] = entriesOf(rig.check({ files }).changes);
  expect(unpackExtended(entry?.attributes.extended ?? fromText(''))?.isUntold).toBe(true);
});

test('a file that shrinks while it is read is stated as long as it was found', () => {
  rig.both('busy', 'x'.repeat(1000));
  rig.settle();
  let size = 1000;
  const files = filesWith(rig.files, {
    read: (file, into, at) => {
      size -= 10;
      fs.truncateSync(`${rig.active}/busy`, size);
      return rig.files.read(file, into, at);
    },
  });
  expect(entriesOf(rig.check({ files }).changes)[0]?.sizeBytes).toBeLessThan(1000);
});

test('a large file cut while its content is stated ends with what is left', () => {
  rig.both('large', Buffer.alloc(130 * RANGE_BYTES, 1));
  rig.settle();
  const { changes } = rig.check({
    betweenSlices: (slice) => {
      if (slice !== 1) return;
      for (const side of [rig.active, rig.passive]) fs.truncateSync(`${side}/large`, 1000);
    },
  });
  const records = changes.filter((c) => c.kind === 'verifyContent');
  expect(records.at(-1)).toMatchObject({ last: true, sizeBytes: 1000 });
});

test('a file that can not be read is left out by a gap, told, and no orphan', () => {
  for (const name of ['a', 'bad', 'c']) rig.both(name);
  rig.settle();
  const files = filesWith(rig.files, {
    openAt: (folder, name, flags, mode) => {
      if (name === 'bad') throw new FileError({ code: 'EIO', call: 'openat', path: name });
      return rig.files.openAt(folder, name, flags, mode);
    },
  });
  const { changes, problems, differences } = rig.check({ files });
  expect(problems).toEqual([expect.stringContaining('/d/bad could not be read on the active server (EIO)')]);
  expect(changes.at(-1)).toMatchObject({ kind: 'checkEnd', finished: false });
  expect(differences).toEqual([]);
  expect(changes.filter((c) => c.kind === 'verifyFolder')).toMatchObject([
    { after: '', last: false, entries: [{ name: 'a' }] },
    { after: 'bad', last: true, entries: [{ name: 'c' }] },
  ]);
});

test('what the passive server can not read is different, so that it is replaced', () => {
  rig.both('bad');
  rig.settle();
  const passiveFiles = filesWith(rig.files, {
    read: (_file, _into, _at) => {
      throw new FileError({ code: 'EIO', call: 'pread', path: 'bad' });
    },
  });
  expect(rig.check({ passiveFiles }).differences).toMatchObject([{ kind: 'content', entry: { name: 'bad' } }]);
});

test('records of a fast check whose beginning was lost are not taken for other content', () => {
  rig.both('same');
  rig.both('other');
  rig.settle();
  rig.write(rig.passive, 'other', 'longer');
  const { changes } = rig.check({ mode: 'fast' });
  const { differences } = rig.verify(changes.filter((c) => c.kind === 'verifyFolder'));
  expect(differences).toMatchObject([{ kind: 'suspect', entry: { name: 'other' } }]);
});

test('ranges that capture states outside of a check are compared, and what they leave out is not called equal', () => {
  rig.both('large', Buffer.alloc(4 * RANGE_BYTES, 1));
  rig.settle();
  const { changes } = rig.check();
  const whole = changes.find((c) => c.kind === 'verifyContent');
  if (whole?.kind !== 'verifyContent') throw new Error('no content was stated');
  const sparse: Change[] = [1, 3].map((range) => ({
    ...whole,
    check: 0,
    firstRange: range,
    hashes: whole.hashes.slice(range, range + 1),
    last: range === 3,
  }));
  const equal = rig.verify(sparse);
  expect([equal.differences, equal.equal]).toEqual([[], []]);
  rig.write(rig.passive, 'large', Buffer.alloc(4 * RANGE_BYTES, 2));
  expect(rig.verify(sparse).differences).toMatchObject([
    { kind: 'ranges', ranges: [{ offset: RANGE_BYTES }], isWhole: false },
    { kind: 'ranges', ranges: [{ offset: 3 * RANGE_BYTES }], isWhole: false },
  ]);
  const all = { ...whole, check: 0 };
  expect(rig.verify([all]).differences).toMatchObject([{ kind: 'ranges', isWhole: true }]);
  // In two records: only the last one says that all was compared.
  const two: Change[] = [
    { ...all, hashes: whole.hashes.slice(0, 2), last: false },
    { ...all, firstRange: 2, hashes: whole.hashes.slice(2) },
  ];
  expect(rig.verify(two).differences).toMatchObject([{ isWhole: false }, { isWhole: true }]);
});

test('a folder of the passive server that can not be listed lacks everything, and is told of', () => {
  rig.bothFolders('sub');
  rig.both('sub/f');
  rig.settle();
  rig.check();
  let lists = 0;
  const passiveFiles = filesWith(rig.files, {
    listInto: (folder, into) => {
      lists += 1;
      if (lists === 2) throw new FileError({ code: 'EIO', call: 'getdents64', path: 'sub' });
      rig.files.listInto(folder, into);
    },
  });
  const { differences, refused } = rig.check({ passiveFiles });
  expect(differences).toMatchObject([{ kind: 'missing', entry: { name: 'f' } }]);
  expect(refused).toEqual(['sub']);
});

test('a check given up ends as not finished', () => {
  for (let n = 0; n < 100; n += 1) rig.both(`f${n}`);
  rig.settle();
  rig.changes.length = 0;
  const scanner = rig.scanner();
  let now = 0;
  expect(scanner.step(1, () => (now += 1) as MonotonicMs)).toBe(false);
  scanner.cancel();
  scanner.cancel();
  expect(scanner.step(1, () => 0 as MonotonicMs)).toBe(true);
  expect(rig.changes.filter((c) => c.kind === 'checkEnd')).toEqual([{ kind: 'checkEnd', check: 1, finished: false }]);
});

test('progress rises to its totals', () => {
  rig.bothFolders('sub');
  for (let n = 0; n < 50; n += 1) rig.both(`sub/f${n}`, 'content');
  rig.settle();
  const scanner = rig.scanner();
  scanner.step(1000, () => 0 as MonotonicMs);
  expect(scanner.progress).toEqual({ itemsDone: 52, itemsTotal: 52, bytesDone: 350, bytesTotal: 350 });
});
