import type { Apply } from '../../apply/apply.ts';
import type { PullAnswer, PullRequest } from '../../changes/data-frame.ts';
import { encodeFrame } from '../../changes/data-frame-codec.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { EngineOutlets } from '../stream/engine.ts';
import { AnswerClock } from './answer-clock.ts';
import type { LostAnswers } from './lost-answers.ts';
import type { OneMoment } from './one-moment.ts';
import type { ResyncBatch } from './resync-batch.ts';

export interface ContentLineOptions {
  readonly apply: Pick<Apply, 'pump' | 'answers' | 'pullsLost'>;
  readonly moment: OneMoment;
  readonly outlets: Pick<EngineOutlets, 'sendFrame'>;
  readonly losses: LostAnswers;
  readonly now: () => MonotonicMs;
  /** What Apply asks for, until somebody takes it. */
  readonly pulls: { take(): PullRequest[] };
}

/** Requests for content over the present connection, and what comes of them. */
export class ContentLine {
  readonly #options: ContentLineOptions;
  readonly #clock = new AnswerClock();

  constructor(options: ContentLineOptions) {
    this.#options = options;
  }

  /** Asks for what Apply wants, as far as it may. */
  pump(): void {
    this.#options.apply.pump();
    const requests = this.#options.pulls.take();
    if (requests.length > 0) this.ask(requests);
  }

  ask(requests: readonly PullRequest[]): void {
    this.#clock.sent(requests, this.#options.now());
    this.#send(requests);
  }

  /** @param batch - takes what it asked for. */
  answered(sent: readonly PullAnswer[], batch: Pick<ResyncBatch, 'answers'>): void {
    const { apply, moment, losses, now } = this.#options;
    const { answers, lost } = this.#clock.met(sent, now());
    losses.met(lost, now());
    const others = batch.answers(answers);
    // The active server counts all that it gives.
    moment.kept(sent.length - others.length);
    moment.answered(others.length);
    apply.answers(others);
  }

  /** Asks about what nothing came of. @param isStreaming - the active server is there to answer. */
  step(now: MonotonicMs, isStreaming: boolean): void {
    if (!isStreaming) return;
    const questions = this.#clock.due(now);
    if (questions.length > 0) this.#send(questions);
    this.#options.losses.step(now);
  }

  /** The connection broke: what was asked for will not come. */
  lost(): void {
    this.#clock.clear();
    this.#options.losses.ended();
    this.#options.apply.pullsLost();
  }

  #send(requests: readonly PullRequest[]): void {
    this.#options.outlets.sendFrame(encodeFrame({ kind: 'pull', requests }));
  }
}
