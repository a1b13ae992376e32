import type { Clock } from '../kernel/clock.ts';
import type { Engine } from './engine.ts';
import type { DataMessage, FromStream, ToStream } from './thread-messages.ts';

/** A report is sent when something changed, at most this often, … */
const REPORT_EVERY_MS = 50;
/** … and at least this often. */
const REPORT_LATEST_MS = 1000;
/** Work is over when none was due for this long. */
const REST_AFTER_MS = 2000;
/** Longest sleep: bounds how late a lost wake-up is noticed. */
const SLEEP_MS_MAX = 500;

/** A port read without turning an event loop. */
export interface Inbox<Message> {
  /** @returns undefined when empty. */
  take(): Message | undefined;
}

export interface LoopOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly requests: Inbox<ToStream>;
  readonly link: Inbox<DataMessage>;
  readonly toMain: (message: FromStream) => void;
  /** Sleeps until a notice, a message, or the time is up. */
  readonly sleep: (timeoutMs: number) => void;
  /** Called once after each stretch of work, when nothing is due any more. */
  readonly rest: () => void;
}

/** Messages met in one round, so that the engine's own work is never starved. */
const MESSAGES_PER_ROUND = 256;

/**
 * Runs an engine until it is told to stop: messages, one step, a report, sleep. Everything is
 * synchronous; the thread sleeps in one system call when nothing is to be done.
 */
export function runStreamLoop(options: LoopOptions): void {
  const { engine, clock, toMain } = options;
  let reported = '';
  let reportedAt = Number.NEGATIVE_INFINITY;
  /** Null once it has rested. */
  let busyAt: number | null = clock.monotonicMs();
  for (;;) {
    if (!takeMessages(options)) break;
    const waitMs = engine.step(clock.monotonicMs());
    const now = clock.monotonicMs();
    let reportInMs = reportedAt + REPORT_EVERY_MS - now;
    if (reportInMs <= 0) {
      const report = engine.report(now);
      const text = JSON.stringify(report);
      if (text !== reported || now - reportedAt >= REPORT_LATEST_MS) {
        toMain({ kind: 'report', report });
        reported = text;
        reportedAt = now;
      }
      reportInMs = SLEEP_MS_MAX;
    }
    if (waitMs === 0) busyAt = now;
    else if (busyAt !== null && now - busyAt > REST_AFTER_MS) {
      busyAt = null;
      options.rest();
    }
    if (waitMs > 0) options.sleep(Math.max(0, Math.min(waitMs, reportInMs, SLEEP_MS_MAX)));
  }
  engine.stop();
  toMain({ kind: 'stopped' });
}

/** @returns false when asked to stop. */
function takeMessages(options: LoopOptions): boolean {
  for (let taken = 0; taken < MESSAGES_PER_ROUND; taken++) {
    const request = options.requests.take();
    if (request === undefined) break;
    if (request.kind === 'stop') return false;
    options.engine.request(request);
  }
  for (let taken = 0; taken < MESSAGES_PER_ROUND; taken++) {
    const message = options.link.take();
    if (message === undefined) break;
    options.engine.link(message);
  }
  return true;
}
