import fs from 'node:fs';
import { expect, it } from 'vitest';
import type { Faults } from './faults.ts';
import { PairSimulation } from './pair-simulation.ts';

/*
 * Goal: whatever happened, a pair that is left alone comes to rest with two equal trees, and says
 * that it is synchronized then and not before.
 * Method: both real engines on real folders in one process, stepped by a scheduler that is seeded;
 * an application that does anything to the active's tree; lost connections, stops and kills at any
 * system call, checks, and somebody who meddles on the passive server.
 * PAIR_SEEDS=from-to runs other seeds; PAIR_HISTORY=FILE keeps what happened in a failed run.
 */

const [FROM, TO] = (process.env['PAIR_SEEDS'] ?? '1-12').split('-').map(Number) as [number, number | undefined];

function faultsOf(seed: number): Faults {
  const only = process.env['PAIR_FAULTS']?.split(',');
  const isOn = (name: string, bit: number): boolean =>
    only === undefined ? seed % 8 === 7 || (seed >> bit) % 2 === 1 : only.includes(name);
  return {
    cuts: isOn('cuts', 0),
    stops: isOn('stops', 1),
    kills: isOn('kills', 2),
    checks: isOn('checks', 0),
    meddling: isOn('meddling', 3),
    holding: isOn('holding', 2),
    refusals: isOn('refusals', 4),
    overflow: isOn('overflow', 4),
    losses: isOn('losses', 1),
    filters: isOn('filters', 3),
    haste: isOn('haste', 1),
    answers: isOn('answers', 2),
  };
}

function failureOf(seed: number): string | null {
  const simulation = new PairSimulation(seed, faultsOf(seed));
  try {
    simulation.run(2, 100);
    return null;
  } catch (error) {
    const file = process.env['PAIR_HISTORY'];
    if (file !== undefined) fs.writeFileSync(`${file}-${String(seed)}`, `${simulation.history.join('\n')}\n`);
    return `seed ${String(seed)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  } finally {
    simulation.end();
  }
}

it('a pair comes to rest with two equal trees', { timeout: 3_600_000 }, () => {
  const failures: string[] = [];
  for (let seed = FROM; seed <= (TO ?? FROM); seed++) {
    const failure = failureOf(seed);
    if (failure !== null) failures.push(failure);
  }
  expect(failures).toEqual([]);
});
