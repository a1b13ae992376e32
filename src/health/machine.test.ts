import { expect, it } from 'vitest';
import { type HealthMemory, judge, NO_ANSWER, stateOf } from './machine.ts';

type Patience = Parameters<typeof judge>[1];

/** Answers one after the other, a second apart. `+` is good, `-` is bad; what is told is in the answer. */
function told(patience: Patience, answers: string, stepMs = 1_000): string {
  let memory: HealthMemory = NO_ANSWER;
  const news = [...answers].map((answer, index) => {
    const judged = judge(memory, patience, { isGood: answer === '+', nowMs: index * stepMs });
    memory = judged.memory;
    return judged.news ?? '.';
  });
  return `${news.map((one) => one.charAt(0)).join('')} ${stateOf(memory)}`;
}

const PROBE: Patience = { times: 3, forMs: 0, isLatched: false };
const TIMED: Patience = { times: 1, forMs: 4_000, isLatched: false };

it('is bad after so many bad answers in a row, and good with the first good one', () => {
  expect(told(PROBE, '--+--')).toBe('..... Failing');
  expect(told(PROBE, '---')).toBe('..b Bad');
  expect(told(PROBE, '-----+')).toBe('..b..g Good');
});

it('is bad once it has been so for long enough without a break', () => {
  expect(told(TIMED, '----+----')).toBe('......... Failing');
  expect(told(TIMED, '-----+')).toBe('....bg Good');
});

it('is bad again each minute while it stays so, for what was done did not help', () => {
  expect(told(PROBE, '---------', 20_000)).toBe('..b..b..b Bad');
});

it('stays bad where it is latched, and is told once', () => {
  const latched = { ...PROBE, isLatched: true };
  expect(told(latched, '---++----', 60_000)).toBe('..b...... Bad');
});
