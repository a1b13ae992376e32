import { expect, it } from 'vitest';
import type { ExactnessChange, Position } from '../../changes/change.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { ExactMarks } from '../active/exact-marks.ts';
import { OneMoment } from './one-moment.ts';

/** Marks on their way from the active server, and what the passive one knows once they are applied. */
function rig() {
  const onTheWay: ExactnessChange[] = [];
  const marks = new ExactMarks((change) => void onTheWay.push(change as ExactnessChange));
  const moment = new OneMoment();
  let now = 0;
  let applied = 0;
  const at = (sequence: number): Position => ({ epoch: 1, sequence });
  return {
    marks,
    moment,
    /** The passive server asks for the stream and is answered, with all that is on the way before that. */
    resume(number: number): void {
      moment.resumed(number, at(applied + onTheWay.length));
      marks.resumed(number);
    },
    /** Is it told now that all is exact, or not? */
    step(isExact: boolean): void {
      marks.step(isExact, (now += 1000) as MonotonicMs);
    },
    /** The passive server applies so many of them. */
    apply(count = onTheWay.length): void {
      for (const mark of onTheWay.splice(0, count)) moment.met(mark, at((applied += 1)));
    },
    answer(): void {
      marks.answered(1);
      moment.answered(1);
    },
    count: () => onTheWay.length,
  };
}

it('is known from when the active server says so until it says otherwise, and not before it is applied', () => {
  const { resume, step, apply, moment, marks, count } = rig();
  step(true);
  expect(count()).toBe(0);
  resume(1);
  step(false);
  step(true);
  expect(moment.isOne).toBe(false);
  apply();
  expect(moment.isOne).toBe(true);
  step(true);
  expect(count()).toBe(0);
  marks.broke();
  marks.broke();
  expect(count()).toBe(1);
  apply();
  expect(moment.isOne).toBe(false);
});

it('ends with content that came beside the stream, whatever was said before it and is applied after it', () => {
  const { resume, step, apply, answer, moment } = rig();
  resume(1);
  step(true);
  answer();
  apply();
  expect(moment.isOne).toBe(false);
  step(true);
  apply();
  expect(moment.isOne).toBe(true);
  answer();
  expect(moment.isOne).toBe(false);
});

it('is not taken from what was said to an earlier request for the stream, and is said again to the next', () => {
  const { resume, step, apply, moment } = rig();
  resume(1);
  step(true);
  resume(2);
  apply();
  expect(moment.isOne).toBe(false);
  step(true);
  apply();
  expect(moment.isOne).toBe(true);
  // The connection breaks, and comes back with nothing missed.
  resume(3);
  expect(moment.isOne).toBe(true);
  moment.lost();
  expect(moment.isOne).toBe(false);
});

it('is not taken from what was said to an earlier run, whose requests had the same numbers', () => {
  const { resume, step, apply, moment } = rig();
  resume(1);
  step(true);
  resume(1);
  apply();
  expect(moment.isOne).toBe(false);
});

it('ends with what is told after a connection that broke, though nothing was said over the new one', () => {
  const { resume, step, apply, moment, marks } = rig();
  resume(1);
  step(true);
  apply();
  resume(2);
  marks.broke();
  apply();
  expect(moment.isOne).toBe(false);
});

it('ends with what is told after content that the passive server never got', () => {
  const { resume, step, apply, moment, marks } = rig();
  resume(1);
  step(true);
  apply();
  marks.answered(1);
  marks.broke();
  apply();
  expect(moment.isOne).toBe(false);
});

it('is not told to who does not know of it, and not again and again where it comes and goes', () => {
  const { marks, step, count, resume } = rig();
  marks.resumed(null);
  step(true);
  expect(count()).toBe(0);
  resume(1);
  for (let time = 0; time < 100; time += 1) {
    marks.step(true, (10_000 + time) as MonotonicMs);
    marks.broke();
  }
  expect(count()).toBe(2);
});

it('outlasts content that is only kept, and what is said then counts that in', () => {
  const { resume, step, apply, moment, marks } = rig();
  resume(1);
  step(true);
  apply();
  marks.answered(3);
  moment.kept(3);
  expect(moment.isOne).toBe(true);
  const earlier = { kind: 'exactness', isExact: true, resume: 1, answers: 0 } as const;
  expect([earlier, { ...earlier, answers: 3 }].map((mark) => moment.isMet(mark))).toEqual([false, true]);
  expect(moment.isMet({ ...earlier, isExact: false, answers: 3 })).toBe(false);
  moment.lost();
  step(true);
  apply();
  expect(moment.isOne).toBe(true);
});
