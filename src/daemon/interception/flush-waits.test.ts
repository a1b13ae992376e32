import { describe, expect, it } from 'vitest';
import type { Position } from '../../changes/change.ts';
import type { ParkedReply, Release } from '../../intercept/parked-replies.ts';
import type { Flush } from './decode-flush.ts';
import type { Covered } from './flush-coverage.ts';
import { FlushWaits } from './flush-waits.ts';

const at = (sequence: number, epoch = 1): Position => ({ epoch, sequence });
const RECORDS: Covered = { what: 'records', fetched: null };
const WITHIN = { epoch: 1, sequence: 0 };

function flush(unique: number): Flush {
  return {
    reply: { place: unique, uniqueLow: unique, uniqueHigh: 0, mount: 0 },
    node: { folder: '/srv' as never, inode: unique },
  };
}

/** @param isWhole - the passive server is known to hold all. */
function rig(isWhole = true) {
  const world = {
    position: at(5),
    covered: new Map<number, Covered>(),
    parked: [] as ParkedReply[],
    release: { kind: 'reply', sinceMs: 0 } as Release,
    answered: [] as number[],
    recorded: 0,
    taken: 0,
    nowMs: 10_000,
    exact: null as Position | null,
    named: null as Position | null,
  };
  const waits = new FlushWaits(1, {
    position: () => world.position,
    covered: ({ node }) => world.covered.get(node?.inode ?? 0) ?? RECORDS,
    contentHere: () => {},
    forgetContent: () => {},
    contentNamed: () => world.named,
    release: () => world.release,
    answer: ({ uniqueLow }) => void world.answered.push(uniqueLow),
    parked: () => world.parked,
    nowMs: () => world.nowMs,
    recorded: () => world.recorded,
    taken: () => world.taken,
    exactSince: () => world.exact,
  });
  const whole = (number = 1): void =>
    waits.order({ kind: 'whole', number, mark: waits.report().mark, applied: WITHIN });
  if (isWhole) whole();
  return { world, waits, whole };
}

describe('a flush is answered', () => {
  it('when the passive server durably holds all that was told before it', () => {
    const { world, waits } = rig();
    waits.met(flush(1));
    world.position = at(7);
    waits.met(flush(2));
    waits.acknowledged(at(4));
    expect(world.answered).toEqual([]);
    waits.acknowledged(at(6));
    expect(world.answered).toEqual([1]);
    waits.acknowledged(at(7));
    expect(world.answered).toEqual([1, 2]);
  });

  it('at once where it holds that already, and where the flush is about no item', () => {
    const { world, waits } = rig();
    waits.acknowledged(at(5));
    waits.met(flush(1));
    world.position = at(9);
    world.covered.set(2, { what: 'nothing', fetched: null });
    waits.met(flush(2));
    expect(world.answered).toEqual([1, 2]);
  });

  it('only once what it covers is told, and that is there', () => {
    const { world, waits } = rig();
    world.covered.set(1, { what: 'untold', fetched: null });
    waits.met(flush(1));
    waits.met(flush(2));
    waits.acknowledged(at(5));
    expect(world.answered).toEqual([2]);
    expect(waits.step(true)).toBeLessThan(100);
    expect(world.answered).toEqual([2]);
    world.position = at(8);
    world.covered.delete(1);
    waits.step(true);
    waits.acknowledged(at(7));
    expect(world.answered).toEqual([2]);
    waits.acknowledged(at(8));
    expect(world.answered).toEqual([2, 1]);
  });

  it('only once content is there that was named by its hashes; others go on', () => {
    const { world, waits } = rig();
    world.covered.set(1, { what: 'records', fetched: at(3) });
    waits.met(flush(1));
    waits.met(flush(2));
    waits.acknowledged(at(5));
    expect(world.answered).toEqual([2]);
    expect(waits.report().contentWanted).toEqual(at(3));
    waits.order({ kind: 'contentHere', upTo: at(2) });
    expect(world.answered).toEqual([2]);
    waits.order({ kind: 'contentHere', upTo: at(3) });
    expect(world.answered).toEqual([2, 1]);
    expect(waits.report().contentWanted).toBeNull();
  });
});

describe('while the stream may lack something', () => {
  it('no flush is answered, until the passive server holds all of it again', () => {
    const { world, waits, whole } = rig();
    waits.met(flush(1));
    const { mark } = waits.report();
    waits.missed();
    waits.acknowledged(at(99));
    waits.met(flush(2));
    expect(world.answered).toEqual([]);
    // An order that was given before is of no use.
    waits.order({ kind: 'whole', number: 2, mark, applied: WITHIN });
    expect(world.answered).toEqual([]);
    world.position = at(3, 2);
    whole(3);
    expect(world.answered).toEqual([]);
    waits.acknowledged(at(3, 2));
    expect(world.answered).toEqual([1, 2]);
  });

  it('tells when all is told that was flushed without waiting', () => {
    const { world, waits, whole } = rig(false);
    world.recorded = 2 ** 31 - 1;
    world.taken = 2 ** 31 - 3;
    whole(7);
    waits.step(false);
    expect(waits.report().closes).toBeNull();
    world.taken = -(2 ** 31);
    world.position = at(8);
    waits.step(true);
    expect(waits.report().closes).toEqual({ number: 7, position: at(8) });
  });

  it('tells so only once content is there that was named by then', () => {
    const { world, waits, whole } = rig(false);
    whole(7);
    [world.position, world.named] = [at(8), at(6)];
    waits.step(true);
    expect(waits.report()).toMatchObject({ closes: null, contentWanted: at(6) });
    waits.order({ kind: 'contentHere', upTo: at(6) });
    world.named = at(9);
    expect(waits.report()).toMatchObject({ closes: { number: 7, position: at(8) }, contentWanted: at(9) });
  });

  it('tells only of this stream when it was exact', () => {
    const { world, waits } = rig(false);
    world.exact = at(4, 1);
    world.position = at(1, 2);
    waits.step(true);
    expect(waits.report().exactAt).toBeNull();
    world.exact = at(1, 2);
    waits.step(true);
    world.exact = null;
    waits.step(true);
    expect(waits.report().exactAt).toEqual(at(1, 2));
    waits.missed();
    expect(waits.report().exactAt).toBeNull();
  });
});

describe('a reply whose record does not come', () => {
  it('is found once all records were taken twice, and then waits like the others', () => {
    const { world, waits } = rig();
    world.parked = [flush(9).reply];
    waits.step(true);
    world.nowMs += 500;
    waits.step(true);
    waits.acknowledged(at(5));
    expect(world.answered).toEqual([]);
    world.position = at(6);
    world.nowMs += 1000;
    waits.step(false);
    expect(world.answered).toEqual([]);
    waits.step(true);
    expect(world.answered).toEqual([]);
    waits.acknowledged(at(6));
    expect(world.answered).toEqual([9]);
  });

  it('is not missed where it is known', () => {
    const { world, waits } = rig();
    world.position = at(8);
    waits.met(flush(9));
    world.parked = [flush(9).reply];
    world.position = at(20);
    for (let look = 0; look < 3; look++) {
      world.nowMs += 1000;
      waits.step(true);
    }
    waits.acknowledged(at(8));
    expect(world.answered).toEqual([9]);
  });
});

it('asks the passive server to hurry once for each flush, when what it waits for was sent', () => {
  const { world, waits } = rig();
  expect(waits.hurries(at(5))).toBe(false);
  waits.met(flush(1));
  expect(waits.takeMet()).toBe(true);
  expect(waits.takeMet()).toBe(false);
  expect(waits.hurries(null)).toBe(false);
  expect(waits.hurries(at(4))).toBe(false);
  expect(waits.hurries(at(5))).toBe(true);
  expect(waits.hurries(at(5))).toBe(false);
  world.position = at(6);
  waits.met(flush(2));
  expect(waits.hurries(at(9))).toBe(true);
});

it('counts how much longer a flush took than on this server alone', () => {
  const { world, waits } = rig();
  expect(waits.report().added).toBeNull();
  world.release = { kind: 'reply', sinceMs: 9_998, writtenBytes: 0 };
  waits.met(flush(1));
  waits.acknowledged(at(5));
  expect(waits.report().added).toEqual({ p50Ms: 2, p99Ms: 2 });
  world.release = { kind: 'here' };
  waits.met(flush(2));
  waits.met(flush(3));
  expect(waits.report().added).toEqual({ p50Ms: 0, p99Ms: 2 });
});
