import { describe, expect, it } from 'vitest';
import type { Change, Position } from '../../changes/change.ts';
import { Exactness } from './exactness.ts';

const CREATED = { kind: 'create' } as Change;
const at = (sequence: number): Position => ({ epoch: 1, sequence });

function rig() {
  const world = { put: 0, taken: 0, busy: false, awaited: false };
  const exactness = new Exactness({
    beginTurns: () => void (world.awaited = world.busy),
    areOver: () => !world.awaited,
    put: () => world.put,
    taken: () => world.taken,
  });
  return { world, exactness };
}

describe('since when the stream is exact', () => {
  it('is not known before what may have been seen was told', () => {
    const { world, exactness } = rig();
    world.put = 10;
    exactness.step(at(1));
    expect(exactness.since).toBeNull();
    world.put = 30;
    world.taken = 9;
    exactness.step(at(9));
    expect(exactness.since).toBeNull();
    world.taken = 10;
    exactness.step(at(10));
    expect(exactness.since).toEqual(at(10));
    world.taken = 30;
    exactness.step(at(30));
    expect(exactness.since).toEqual(at(10));
  });

  it('awaits what was being done, and then what that recorded', () => {
    const { world, exactness } = rig();
    world.busy = true;
    exactness.step(at(1));
    world.put = 5;
    exactness.step(at(2));
    expect(exactness.since).toBeNull();
    world.awaited = false;
    exactness.step(at(3));
    expect(exactness.since).toBeNull();
    world.taken = 5;
    exactness.step(at(4));
    expect(exactness.since).toEqual(at(4));
  });

  it('is now where everything is told and nothing is being done', () => {
    const { exactness } = rig();
    exactness.caughtUp(at(3));
    expect(exactness.since).toEqual(at(3));
    exactness.caughtUp(at(5));
    expect(exactness.since).toEqual(at(3));
    exactness.read();
    exactness.caughtUp(at(6));
    expect(exactness.since).toEqual(at(6));
  });

  it('is over with what comes from the disk, and not with what says nothing of content', () => {
    const { exactness } = rig();
    exactness.step(at(1));
    exactness.told({ kind: 'attributes' } as Change);
    expect(exactness.since).toEqual(at(1));
    exactness.told(CREATED);
    expect(exactness.since).toBeNull();
    exactness.step(at(2));
    exactness.read();
    expect(exactness.since).toBeNull();
  });

  it('goes on where counting wraps', () => {
    const { world, exactness } = rig();
    world.put = 2 ** 31 - 1;
    world.taken = 2 ** 31 - 2;
    exactness.step(at(1));
    expect(exactness.since).toBeNull();
    world.taken = -(2 ** 31) + 3;
    exactness.step(at(2));
    expect(exactness.since).toEqual(at(2));
  });
});
