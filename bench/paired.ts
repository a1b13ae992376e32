import { between, markdownTable, number, seconds, span } from './markdown.ts';
import { judge, median, medianInterval, pairedRatios } from './statistics.ts';

/** How long one tool took, round by round. */
export interface Rival {
  readonly name: string;
  readonly timesMs: readonly number[];
  /** The most that ours may take, as a part of the rival's time; null where nothing is promised. */
  readonly goalRatioMax: number | null;
}

/** One thing that all do, measured in the same rounds. */
export interface Comparison {
  readonly name: string;
  readonly oursMs: readonly number[];
  readonly rivals: readonly Rival[];
}

/** A rival that takes that many times as long … */
const SLOW_RATIO_MIN = 5;
/** … is measured in that many rounds. */
const SLOW_ROUNDS = 2;

type Turn = (round: number) => Promise<void>;

/** All take turns, and take turns in being first. */
export async function takeTurns(rounds: number, turns: readonly Turn[]): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (let place = 0; place < turns.length; place += 1) await turns[(round + place) % turns.length]?.(round);
  }
}

/** Whether a rival is so much slower than ours that more rounds of it would tell no more. */
export function isFarBehind(rivalMs: readonly number[], oursMs: readonly number[]): boolean {
  return rivalMs.length >= SLOW_ROUNDS && median(rivalMs) >= SLOW_RATIO_MIN * median(oursMs);
}

export function comparisonTable(comparisons: readonly Comparison[]): string {
  const ratio = (value: number): string => number(value, 2);
  const times = (values: readonly number[]): string[] => [seconds(median(values)), span(values, seconds)];
  return markdownTable(
    ['', '', 'median', 'all', 'Understudy takes', '90 % interval', 'goal', 'verdict'],
    comparisons.flatMap(({ name, oursMs, rivals }) => [
      [name, '**Understudy**', ...times(oursMs), '', '', '', ''],
      ...rivals.map(({ name: rival, timesMs, goalRatioMax }) => {
        const ratios = pairedRatios(oursMs, timesMs);
        const interval = medianInterval(ratios);
        return [
          '',
          rival,
          ...times(timesMs),
          `${ratio(median(ratios))} times`,
          between(interval, ratio),
          goalRatioMax === null ? '–' : `≤ ${ratio(goalRatioMax)}`,
          goalRatioMax === null ? '–' : judge(interval, goalRatioMax),
        ];
      }),
    ]),
  );
}
