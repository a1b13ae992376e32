import { between, markdownTable, number, seconds, span } from './markdown.ts';
import { judge, median, medianInterval, pairedRatios } from './statistics.ts';

/** One thing that both do, measured in the same rounds. */
export interface Comparison {
  readonly name: string;
  readonly oursMs: readonly number[];
  readonly rivalMs: readonly number[];
  /** The most that ours may take, as a part of the rival's time; null where nothing is promised. */
  readonly goalRatioMax: number | null;
}

/** Ours and the rival's take turns, and take turns in being first. */
export async function interleaved(
  rounds: number,
  ours: (round: number) => Promise<void>,
  rival: (round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const turn of round % 2 === 0 ? [ours, rival] : [rival, ours]) await turn(round);
  }
}

export function comparisonTable(rivalName: string, comparisons: readonly Comparison[]): string {
  const ratio = (value: number): string => number(value, 2);
  return markdownTable(
    ['', 'Understudy, median (all)', `${rivalName}, median (all)`, 'ratio', '90 % interval', 'goal', 'verdict'],
    comparisons.map(({ name, oursMs, rivalMs, goalRatioMax }) => {
      const ratios = pairedRatios(oursMs, rivalMs);
      const interval = medianInterval(ratios);
      return [
        name,
        `${seconds(median(oursMs))} (${span(oursMs, seconds)})`,
        `${seconds(median(rivalMs))} (${span(rivalMs, seconds)})`,
        ratio(median(ratios)),
        between(interval, ratio),
        goalRatioMax === null ? '–' : `≤ ${goalRatioMax}`,
        goalRatioMax === null ? '–' : judge(interval, goalRatioMax),
      ];
    }),
  );
}
