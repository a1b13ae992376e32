import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fromText } from '../kernel/byte-string.ts';
import { NOTICE } from '../kernel/notices.ts';
import { GIB, MIB } from '../kernel/units.ts';
import { DueLooks, dueAtMs, GATHER_MS, Rests } from './due-looks.ts';

const folder = { name: 'folder' };
const other = { name: 'other' };
const a = fromText('a');
const b = fromText('b');

describe('due looks', () => {
  it('come when they are due, those due at once in the order asked', () => {
    const looks = new DueLooks<object>();
    looks.add(folder, b, { bits: 1, dueMs: 20, nowMs: 0 });
    looks.add(folder, a, { bits: 2, dueMs: 0, nowMs: 0 });
    looks.add(other, a, { bits: 4, dueMs: 0, nowMs: 0 });
    expect(looks.size).toBe(3);
    expect([looks.take(0), looks.take(0), looks.take(19)].map((look) => look?.bits)).toEqual([2, 4, undefined]);
    expect(looks.nextMs()).toBe(20);
    expect(looks.take(20)?.name).toBe(b);
    expect(looks.nextMs()).toBe(Number.POSITIVE_INFINITY);
    expect(looks.size).toBe(0);
  });

  it('are one for each name, for all reasons, at the earliest time asked for', () => {
    const looks = new DueLooks<object>();
    looks.add(folder, a, { bits: 1, dueMs: 20, nowMs: 0 });
    looks.add(folder, a, { bits: 2, dueMs: 30, nowMs: 1 });
    expect(looks.nextMs()).toBe(20);
    looks.add(folder, a, { bits: 4, dueMs: 5, nowMs: 2 });
    expect(looks.take(5)).toMatchObject({ bits: 7, sinceMs: 0 });
    expect(looks.take(1000)).toBeNull();
  });

  it('that were taken can be put back, and join what was asked for meanwhile', () => {
    const looks = new DueLooks<object>();
    looks.add(folder, a, { bits: 1, dueMs: 0, nowMs: 0 });
    const look = looks.take(0);
    looks.add(folder, a, { bits: 2, dueMs: 3, nowMs: 1 });
    if (look !== null) looks.again(look, 50);
    expect(looks.size).toBe(1);
    expect(looks.take(3)?.bits).toBe(3);
  });

  it('of a folder that is gone are forgotten', () => {
    const looks = new DueLooks<object>();
    looks.add(folder, a, { bits: 1, dueMs: 0, nowMs: 0 });
    looks.add(other, b, { bits: 1, dueMs: 7, nowMs: 4 });
    looks.dropFolder(folder);
    expect(looks.take(0)).toBeNull();
    expect(looks.oldestSinceMs()).toBe(4);
    expect(looks.takeFor(other, b)?.dueMs).toBe(7);
    expect(looks.oldestSinceMs()).toBeNull();
  });

  it('behave as a plain list that is searched each time', () => {
    const name = fc.constantFrom(...['a', 'b', 'c', 'd'].map(fromText));
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), name, dueMs: fc.nat(20) }),
      fc.record({ kind: fc.constant('take' as const), nowMs: fc.nat(20) }),
      fc.record({ kind: fc.constant('takeFor' as const), name }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const looks = new DueLooks<object>();
        const plain = new Map<string, number>();
        for (const it of steps) {
          if (it.kind === 'add') {
            looks.add(folder, it.name, { bits: 1, dueMs: it.dueMs, nowMs: 0 });
            plain.set(it.name, Math.min(it.dueMs, plain.get(it.name) ?? Number.POSITIVE_INFINITY));
          } else if (it.kind === 'takeFor') {
            expect(looks.takeFor(folder, it.name) !== null).toBe(plain.delete(it.name));
          } else {
            const least = Math.min(...plain.values());
            const taken = looks.take(it.nowMs);
            expect(taken?.dueMs ?? null).toBe(least <= it.nowMs ? least : null);
            if (taken !== null) expect(plain.get(taken.name)).toBe(least);
            if (taken !== null) plain.delete(taken.name);
          }
          expect(looks.size).toBe(plain.size);
          expect(looks.nextMs()).toBe(Math.min(...plain.values()));
        }
      }),
    );
  });
});

describe('a look is due', () => {
  it.each([
    ['at once for names', NOTICE.created | NOTICE.deleted | NOTICE.attributes, 100],
    ['at once for a file that was closed', NOTICE.created | NOTICE.modified | NOTICE.written, 100],
    ['a little later for a file that is being written', NOTICE.created | NOTICE.modified, 100 + GATHER_MS],
    ['at once where nothing is known', 0, 100],
  ])('%s', (_, bits, dueMs) => {
    expect(dueAtMs(bits, 100, { restUntilMs: 0, sizeBytes: 0 })).toBe(dueMs);
  });

  it.each([
    ['as any other up to 200 MiB', 200 * MIB, GATHER_MS],
    ['by a tenth of a second for each GiB', 4 * GIB, 400],
    ['by a second at most', 100 * GIB, 1000],
  ])('later for a large file that is being written: %s', (_, sizeBytes, laterMs) => {
    const file = { restUntilMs: 0, sizeBytes };
    expect(dueAtMs(NOTICE.modified, 100, file)).toBe(100 + laterMs);
    expect(dueAtMs(NOTICE.modified | NOTICE.written, 100, file)).toBe(100);
  });

  it('not before the file had its rest: ten times what the last look cost', () => {
    const rests = new Rests<object>();
    rests.looked(folder, 100, 7);
    expect(rests.untilMs(folder)).toBe(170);
    expect(dueAtMs(NOTICE.written, 101, { restUntilMs: rests.untilMs(folder), sizeBytes: 0 })).toBe(170);
    expect(dueAtMs(NOTICE.modified, 165, { restUntilMs: rests.untilMs(folder), sizeBytes: 0 })).toBe(165 + GATHER_MS);
    expect(dueAtMs(NOTICE.deleted, 101, { restUntilMs: rests.untilMs(folder), sizeBytes: 0 })).toBe(101);
    expect(rests.untilMs(other)).toBe(0);
  });

  it('so that a file written without a pause is looked at every 20 ms, and costs a bounded share', () => {
    for (const costMs of [0.1, 1, 50]) {
      const looks = new DueLooks<object>();
      const rests = new Rests<object>();
      const at: number[] = [];
      for (let now = 0; now < 5000; now += 1) {
        const file = { restUntilMs: rests.untilMs(folder), sizeBytes: 0 };
        looks.add(folder, a, { bits: 4, dueMs: dueAtMs(NOTICE.modified, now, file), nowMs: now });
        if (looks.take(now) === null) continue;
        at.push(now);
        rests.looked(folder, now + costMs, costMs);
        now += Math.floor(costMs);
      }
      const everyMs = 5000 / at.length;
      expect(everyMs).toBeGreaterThanOrEqual(Math.max(GATHER_MS, 10 * costMs));
      expect(everyMs).toBeLessThan(GATHER_MS + 13 * costMs + 2);
    }
  });

  it('with the rests of bounded many files remembered', () => {
    const rests = new Rests<object>();
    rests.looked(folder, 0, 1);
    for (let n = 0; n < 1024; n += 1) rests.looked({}, 0, 1);
    expect(rests.untilMs(folder)).toBe(0);
  });
});
