import type { Clock } from '../../kernel/clock.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
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
  const reporter = new Reporter(options);
  /** Null once it has rested. */
  let busyAt: number | null = clock.monotonicMs();
  for (;;) {
    if (!takeMessages(options, reporter)) break;
    const waitMs = engine.step(clock.monotonicMs());
    const now = clock.monotonicMs();
    const reportInMs = reporter.step(now);
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

/** Tells main how the engine stands. */
class Reporter {
  readonly #options: LoopOptions;
  #reported = '';
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** @returns milliseconds until there may be something to tell. */
  step(now: MonotonicMs): number {
    const inMs = this.#reportedAt + REPORT_EVERY_MS - now;
    if (inMs > 0) return inMs;
    this.tell(now);
    return SLEEP_MS_MAX;
  }

  /** What changed; where nothing did, now and then all the same. */
  tell(now: MonotonicMs): void {
    const report = this.#options.engine.report(now);
    const text = JSON.stringify(report);
    if (text === this.#reported && now - this.#reportedAt < REPORT_LATEST_MS) return;
    this.#options.toMain({ kind: 'report', report });
    this.#reported = text;
    this.#reportedAt = now;
  }
}

/** @returns false when asked to stop. */
function takeMessages(options: LoopOptions, reporter: Reporter): boolean {
  for (let taken = 0; taken < MESSAGES_PER_ROUND; taken++) {
    const request = options.requests.take();
    if (request === undefined) break;
    if (request.kind === 'stop') return false;
    // Who asks about items must not be told more by the answer than the status says after it.
    if (request.kind === 'query') reporter.tell(options.clock.monotonicMs());
    options.engine.request(request);
  }
  for (let taken = 0; taken < MESSAGES_PER_ROUND; taken++) {
    const message = options.link.take();
    if (message === undefined) break;
    options.engine.link(message);
  }
  return true;
}
