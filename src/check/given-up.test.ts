import { afterEach, expect, it } from 'vitest';
import { CheckRig } from '../../test/support/check-rig.ts';
import type { Change } from '../changes/change.ts';
import { protectedSet } from '../changes/protected-set.ts';
import { fromText } from '../kernel/byte-string.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { Scanner } from './scanner.ts';

const rig = new CheckRig();
afterEach(() => rig.remove());

it('a check that is given up by what it states says nothing more, and calls nothing unreadable', () => {
  for (let n = 0; n < 100; n += 1) rig.both(`f${n}`, 'x');
  rig.settle();
  const stated: Change['kind'][] = [];
  const problems: string[] = [];
  const scanner = new Scanner({
    files: rig.files,
    tree: rig.activeTree,
    protectedSet: protectedSet({ include: [fromText('/d/**')], exclude: [] }),
    base: fromText(`${rig.top}/active`),
    hash: () => 1n,
    // As a look does whose change overfills the queue.
    look: () => scanner.abandon(),
    emit: (change) => void stated.push(change.kind),
    request: { check: 1, mode: 'full', repair: true, paths: null },
    buffer: new Uint8Array(256 * 1024),
    problem: (problem) => void problems.push(problem.message),
  });
  rig.write(rig.active, 'f50', 'changed');
  expect(scanner.step(1000, () => 0 as MonotonicMs)).toBe(true);
  expect(problems).toEqual([]);
  expect(stated).toEqual(['checkBegin', 'verifyFolder']);
});
