import { beforeEach, expect, it } from 'vitest';
import type { ByteFiles } from '../../kernel/byte-files.ts';
import { OwedBatches } from './owed-batches.ts';

let there: string[];
let batches: OwedBatches;

beforeEach(() => {
  there = [];
  const files = { remove: (path: string) => void there.splice(there.indexOf(path.slice('/state/'.length)), 1) };
  batches = new OwedBatches(files as unknown as ByteFiles, '/state');
});

function met(purpose: 'changes' | 'whole' | 'verify', ...stores: string[]): void {
  const file = `${there.length === 0 ? 1 : Number(there.at(-1)) + 1}`;
  there.push(file);
  batches.add(file, { purpose, stores, bytes: 1000 });
}

const owes = (...stores: string[]): void => batches.settle((store) => stores.includes(store));

it('a batch goes once every registry has taken it', () => {
  met('changes', 'a', 'b');
  owes();
  expect(there).toEqual([]);
  met('changes', 'a', 'b');
  owes('b');
  expect([there, batches.has('1')]).toEqual([['1'], true]);
  owes();
  expect([there, batches.has('1')]).toEqual([[], false]);
});

it('one that is owed keeps those behind it, which it would undo after a start', () => {
  for (const store of ['a', 'b', 'a', 'b']) met('changes', store);
  owes('b');
  expect(there).toEqual(['2', '3', '4']);
  owes('a');
  expect(there).toEqual(['3', '4']);
});

it('a statement takes the place of what was told before of the same registries', () => {
  met('changes', 'a', 'b');
  met('changes', 'b');
  met('whole', 'b');
  owes('b', 'a');
  expect(there).toEqual(['1', '3']);
  met('whole', 'a');
  owes('b', 'a');
  expect(there).toEqual(['3', '4']);
  met('verify', 'a', 'b');
  owes();
  expect(there).toEqual([]);
});

it('no more are kept than can be carried out in good time', () => {
  for (let count = 0; count < 1100; count++) {
    met('changes', 'a');
    owes('a');
  }
  expect([there.length, there[0]]).toEqual([1000, '101']);
});
