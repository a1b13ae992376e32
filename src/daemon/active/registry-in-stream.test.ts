import { beforeEach, expect, it } from 'vitest';
import { type Change, REGISTRY_PIECE_BYTES } from '../../changes/change.ts';
import { objectionTo } from '../../changes/change-rules.ts';
import { RegistryInStream } from './registry-in-stream.ts';
import type { FromStream } from '../stream/thread-messages.ts';

let changes: Change[];
let told: FromStream[];
let registry: RegistryInStream;

beforeEach(() => {
  [changes, told] = [[], []];
  registry = new RegistryInStream(
    (change) => changes.push(change),
    (message) => told.push(message),
  );
});

it('a batch becomes pieces that keep the rules, in order', () => {
  registry.met(4);
  for (const length of [0, 1, REGISTRY_PIECE_BYTES, REGISTRY_PIECE_BYTES + 1, 3 * REGISTRY_PIECE_BYTES]) {
    changes = [];
    registry.tell(Buffer.alloc(length, 7), 0);
    expect(changes.map(objectionTo)).toEqual(changes.map(() => null));
    const pieces = changes.map((change) => (change.kind === 'registry' ? change : null));
    expect(pieces.map((piece) => piece?.piece)).toEqual([...pieces.keys()]);
    expect(pieces.map((piece) => piece?.last)).toEqual(pieces.map((_, index) => index === pieces.length - 1));
    expect(Buffer.concat(pieces.map((piece) => piece?.content ?? Buffer.alloc(0)))).toHaveLength(length);
  }
});

it('a server of an earlier release is told nothing, and gets another stream where it was', () => {
  registry.met(3);
  registry.streamBegan();
  registry.tell(Buffer.from('batch'), 0);
  expect(changes).toEqual([]);
  expect(told).toEqual([{ kind: 'registryWanted', isKnown: false }]);
  expect(registry.isUnreadable).toBe(false);
  registry.met(4);
  expect(told.at(-1)).toEqual({ kind: 'registryWanted', isKnown: true });
  registry.tell(Buffer.from('batch'), 0);
  expect(registry.isUnreadable).toBe(false);
  registry.met(3);
  expect(registry.isUnreadable).toBe(true);
  registry.streamBegan();
  expect(registry.isUnreadable).toBe(false);
});

it('nothing is told before the other server was met', () => {
  registry.tell(Buffer.from('batch'), 0);
  expect(changes).toEqual([]);
});

it('a check whose stream was given up, or that is not told at all, ends', () => {
  const ended = (): number[] => told.flatMap((one) => (one.kind === 'checkEnded' ? [one.outcome.check] : []));
  registry.tell(Buffer.from('batch'), 1);
  expect(ended()).toEqual([1]);
  registry.met(4);
  registry.tell(Buffer.from('batch'), 2);
  registry.tell(Buffer.from('batch'), 0);
  expect(ended()).toEqual([1]);
  registry.streamBegan();
  registry.streamBegan();
  expect(ended()).toEqual([1, 2]);
});
