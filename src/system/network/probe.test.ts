import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeWake, openWake, wake } from '../native/wake.ts';
import { awaitAnswers, type Probe, READABLE } from './probe.ts';

const UNTIL_MS = 100;
const LATE_MS = 1000;

let descriptor: number;

beforeEach(() => {
  descriptor = openWake();
});

afterEach(() => closeWake(descriptor));

/** Answered once its descriptor is readable. */
class TrialProbe implements Probe {
  descriptor: number | null = descriptor;
  readonly waitsFor = READABLE;
  readonly untilMs = UNTIL_MS;
  answers = 0;

  ready(): void {
    this.answers += 1;
    this.close();
  }

  close(): void {
    this.descriptor = null;
  }
}

/** A thread that stands still between any two looks at the clock. */
function lateClock(): () => number {
  let ms = 0;
  return () => (ms += LATE_MS);
}

it('takes an answer that lies there, however late it comes to look', () => {
  const probe = new TrialProbe();
  wake(descriptor);
  awaitAnswers([probe], lateClock());
  expect(probe.answers).toBe(1);
});

it('gives up where there is none', () => {
  const probe = new TrialProbe();
  awaitAnswers([probe], lateClock());
  expect([probe.answers, probe.descriptor]).toEqual([0, null]);
});
