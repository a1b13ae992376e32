import { describe, expect, it } from 'vitest';
import { LocksOver } from './node-locks.ts';
import { PARKED_BYTES, PARKED_MAX, ParkedReplies } from './parked-replies.ts';

const never = (): boolean => false;

function rig() {
  const memory = new SharedArrayBuffer(PARKED_BYTES);
  const thread = new ParkedReplies(memory);
  const others = new ParkedReplies(memory);
  others.hold(true);
  const request = (unique: number) => ({ uniqueLow: unique, uniqueHigh: 0xffff_ffff, mount: 3 });
  const take = (unique: number): number => thread.take(request(unique), unique * 10, never);
  const release = (place: number, unique: number) => others.release({ ...request(unique), place });
  return { thread, others, take, release };
}

describe('a reply that waits for the passive server', () => {
  it('is its thread’s to give where the passive server was first', () => {
    const { thread, others, take, release } = rig();
    const place = take(1);
    expect(release(place, 1)).toEqual({ kind: 'here' });
    expect(release(place, 1)).toEqual({ kind: 'gone' });
    expect(thread.doneHere(place, 7)).toBe(true);
    expect(others.waiting()).toEqual([]);
  });

  it('is given by whoever lets it go where this server was first, once', () => {
    const { thread, others, take, release } = rig();
    const place = take(1);
    expect(thread.doneHere(place, 7)).toBe(false);
    expect(others.waiting()).toEqual([{ place, uniqueLow: 1, uniqueHigh: 0xffff_ffff, mount: 3, sinceMs: 7 }]);
    expect(release(place, 1)).toEqual({ kind: 'reply', sinceMs: 7, writtenBytes: 10 });
    expect(release(place, 1)).toEqual({ kind: 'gone' });
    expect(others.waiting()).toEqual([]);
  });

  it('waits on in a process that follows where it was done here, also where it may have been given', () => {
    const { thread, others, take, release } = rig();
    const [both, there, here, given, done] = [take(1), take(2), take(3), take(4), take(5)] as const;
    for (const place of [there, given, done]) expect(thread.doneHere(place, 7)).toBe(false);
    release(here, 3);
    for (const [place, unique] of [
      [given, 4],
      [done, 5],
    ] as const)
      expect(release(place, unique).kind).toBe('reply');
    others.answered({ place: done });
    expect(others.waiting().map(({ place }) => place)).toEqual([both, there]);
    others.begin();
    expect(others.waiting().map(({ place }) => place)).toEqual([there, given]);
    expect(release(given, 4)).toEqual({ kind: 'reply', sinceMs: 7, writtenBytes: 40 });
  });

  it('is not taken for another one that has its place', () => {
    const { thread, take, release } = rig();
    const places = new Set<number>();
    for (let unique = 0; unique < PARKED_MAX; unique++) places.add(take(unique));
    expect(places.size).toBe(PARKED_MAX);
    const [place = -1] = places;
    thread.drop(place);
    expect(take(PARKED_MAX)).toBe(place);
    expect(release(place, 0)).toEqual({ kind: 'gone' });
    expect(release(place, PARKED_MAX)).toEqual({ kind: 'here' });
  });

  it('has no place where nobody waits, and none while all are taken', () => {
    const { thread, others, take } = rig();
    for (let unique = 0; unique < PARKED_MAX; unique++) take(unique);
    let looks = 0;
    // It would wait for good; and to be answered it has to wait.
    expect(() => thread.take({ uniqueLow: 9, uniqueHigh: 9, mount: 3 }, 0, () => ++looks > 0)).toThrow(LocksOver);
    others.hold(false);
    expect(take(5)).toBe(-1);
    expect(others.waiting()).toHaveLength(PARKED_MAX);
  });

  it('is forgotten with its mount', () => {
    const { others, take, release } = rig();
    const place = take(1);
    others.forget(4);
    expect(others.waiting()).toHaveLength(1);
    others.forget(3);
    expect(others.waiting()).toEqual([]);
    expect(release(place, 1)).toEqual({ kind: 'gone' });
  });
});
