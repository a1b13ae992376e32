import { type NodeId, RANGE_BYTES } from '../../changes/change.ts';
import type { PullAnswer, PullRequest } from '../../changes/data-frame.ts';
import type { MonotonicMs } from '../../kernel/units.ts';

/** What nothing came of for so long is asked about. */
const ASK_MS = 20_000;
/** A question that is not answered either is put again after this long: its answer may be lost, too. */
const ASK_AGAIN_MS = 60_000;
/** Nodes that are asked about at a time. */
const NODES_MAX = 8;
/** A question asks for content from here on, beyond the end of any file, so that its answer is short and known. */
const BEYOND = 2 ** 52;

interface Waiting {
  /** Requests without an answer. */
  count: number;
  /** Since the last answer, or the first request. */
  since: MonotonicMs;
  asked: { readonly number: number; readonly at: MonotonicMs; before: number } | null;
}

/** What came. */
export interface MetAnswers {
  /** But for those to questions. */
  readonly answers: readonly PullAnswer[];
  /** Nodes of which an answer is known to be lost. */
  readonly lost: readonly NodeId[];
}

/**
 * Finds answers to requests for content that will never come, though the connection stays. However slow a link is, and
 * whatever goes before them, answers about one node come in the order of its requests. So where nothing came for long,
 * one more request is sent for the node: when that is answered, what was asked for before it would have been. Pure.
 */
export class AnswerClock {
  /** The one of which nothing came for longest is first. */
  readonly #waiting = new Map<NodeId, Waiting>();
  #number = 0;
  #asking = 0;

  sent(requests: readonly PullRequest[], now: MonotonicMs): void {
    for (const { node, offset } of requests) {
      if (offset >= BEYOND) continue;
      const waiting = this.#waiting.get(node);
      if (waiting === undefined) this.#waiting.set(node, { count: 1, since: now, asked: null });
      else waiting.count++;
    }
  }

  met(all: readonly PullAnswer[], now: MonotonicMs): MetAnswers {
    const lost: NodeId[] = [];
    const answers = all.filter((answer) => {
      const isQuestion = answer.offset >= BEYOND;
      if (isQuestion && this.#answered(answer, now)) lost.push(answer.node);
      else if (!isQuestion) this.#came(answer.node, now);
      return !isQuestion;
    });
    return { answers: answers.length === all.length ? all : answers, lost };
  }

  /** @returns questions to be sent now. */
  due(now: MonotonicMs): PullRequest[] {
    const questions: PullRequest[] = [];
    for (const [node, waiting] of this.#waiting) {
      const { since, asked, count } = waiting;
      if (now - since < ASK_MS || (asked === null && this.#asking === NODES_MAX)) break;
      if (asked !== null && now - asked.at < ASK_AGAIN_MS) continue;
      if (asked === null) this.#asking++;
      this.#number++;
      waiting.asked = { number: this.#number, at: now, before: count };
      questions.push({ node, offset: BEYOND + this.#number * RANGE_BYTES, length: RANGE_BYTES });
    }
    return questions;
  }

  /** The connection ended: nothing more will come. */
  clear(): void {
    this.#waiting.clear();
    this.#asking = 0;
  }

  #came(node: NodeId, now: MonotonicMs): void {
    const waiting = this.#waiting.get(node);
    if (waiting === undefined) return;
    waiting.count--;
    if (waiting.asked !== null) waiting.asked.before--;
    this.#goOn(node, waiting, now);
  }

  /** @returns true where an answer that would have come before it did not. */
  #answered({ node, offset }: PullAnswer, now: MonotonicMs): boolean {
    const waiting = this.#waiting.get(node);
    const asked = waiting?.asked ?? null;
    // To a question that was put again.
    if (waiting === undefined || asked === null || offset !== BEYOND + asked.number * RANGE_BYTES) return false;
    waiting.asked = null;
    this.#asking--;
    this.#goOn(node, waiting, now);
    return asked.before > 0;
  }

  #goOn(node: NodeId, waiting: Waiting, now: MonotonicMs): void {
    this.#waiting.delete(node);
    if (waiting.count === 0 && waiting.asked === null) return;
    waiting.since = now;
    this.#waiting.set(node, waiting);
  }
}
