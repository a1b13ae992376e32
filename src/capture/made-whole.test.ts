import { expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import { madeWhole } from './made-whole.ts';
import type { Operation, OperationOf } from './operation.ts';

const ROOT = fromText('/set');

function status(sizeBytes: number, mode = 0o100600) {
  return { mode, uid: 0, gid: 0, sizeBytes, mtimeSeconds: 5, mtimeNanoseconds: sizeBytes };
}

const MADE: OperationOf<'make'> = {
  kind: 'make',
  root: ROOT,
  node: 7,
  folder: 2,
  name: fromText('new'),
  status: status(0),
  content: new Uint8Array(0),
};

function written(offset: number, text: string, sizeBytes = offset + text.length, node = 7): Operation {
  return { kind: 'write', root: ROOT, node, status: status(sizeBytes), offset, content: Buffer.from(text) };
}

function all(...operations: Operation[]): OperationOf<'make'> | null {
  return operations.reduce<OperationOf<'make'> | null>((made, next) => made && madeWhole(made, next), MADE);
}

it('takes what is written into a new file from its beginning on, and its attributes, for a part of making it', () => {
  const owned: Operation = { kind: 'attributes', root: ROOT, node: 7, status: { ...status(5), uid: 9 } };
  const whole = all(written(0, 'ab'), written(2, 'cde'), owned);
  expect(Buffer.from(whole?.content ?? []).toString()).toBe('abcde');
  expect(whole?.status).toEqual({ ...status(5), uid: 9 });
  expect(whole?.name).toBe(MADE.name);
});

it('leaves alone whatever else comes behind it', () => {
  expect(all(written(0, 'ab', 2, 8))).toBeNull();
  expect(all(written(1, 'ab'))).toBeNull();
  expect(all(written(0, 'ab', 9))).toBeNull();
  expect(all(written(0, 'abc'), written(1, 'b', 3))).toBeNull();
  expect(all(written(0, ''))).toBeNull();
  expect(all(written(0, 'a'.repeat(65_537)))).toBeNull();
  expect(all({ kind: 'attributes', root: ROOT, node: 7, status: status(3) })).toBeNull();
  expect(all({ kind: 'extended', root: ROOT, node: 7, status: status(0) })).toBeNull();
  expect(all({ kind: 'remove', root: ROOT, node: 7, folder: 2, name: fromText('new') })).toBeNull();
  expect(all({ ...written(0, 'ab'), root: fromText('/other') } as Operation)).toBeNull();
  expect(madeWhole({ ...MADE, status: status(0, 0o010600) }, written(0, 'ab'))).toBeNull();
});
