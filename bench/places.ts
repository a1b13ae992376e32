import { join } from 'node:path';
import type { Bench } from './benchmark.ts';
import { number } from './markdown.ts';
import { type Conditions, type Goals, measureWork, type Place, PLACES, WORKS } from './mount-works.ts';
import { type Comparison, takeTurns } from './paired.ts';

/** Where each works, by place. */
export type Folders = Readonly<Record<Place, string>>;
type Times = Readonly<Record<Place, number[]>>;

export async function compareWorks(bench: Bench, folders: Folders, conditions: Conditions): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const work of WORKS) {
    const all = await inTurns(bench, async (place, times, round) => {
      times.push(await measureWork(work, join(folders[place], `round-${round}`), conditions));
    });
    const name = `${work.name}${conditions.title}`;
    bench.say(`${name}: ${PLACES.map((place) => `${place} ${number(all[place].at(-1) ?? 0, 0)} ms`).join(', ')}`);
    comparisons.push(comparison(name, all, work.goals));
  }
  return comparisons;
}

/** All places take turns. @param act - adds how long it took, in milliseconds. */
export async function inTurns(
  { scale }: Bench,
  act: (place: Place, times: number[], round: number) => Promise<void>,
): Promise<Times> {
  const all: Times = { ours: [], native: [], bindfs: [] };
  await takeTurns(
    scale.rounds,
    PLACES.map((place) => (round) => act(place, all[place], round)),
  );
  return all;
}

export function comparison(name: string, times: Times, goals: Goals): Comparison {
  const rivals = (['native', 'bindfs'] as const).map((rival) => ({
    name: rival,
    timesMs: times[rival],
    goalRatioMax: goals[rival],
  }));
  return { name, oursMs: times.ours, rivals };
}
