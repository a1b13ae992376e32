import type { Capture } from '../capture/capture.ts';
import { RANGE_BYTES } from '../changes/change.ts';
import type { DataFrame, PullAnswer, PullRequest } from '../changes/data-frame.ts';

/** Content sent in one frame. */
const FRAME_CONTENT_BYTES = 512 * 1024;
/** Content read in one turn, so that captured changes are not kept waiting. */
const TURN_BYTES = 1024 * 1024;
/** Space a short answer takes besides its content; bounds the answers of one frame. */
const ANSWER_OVERHEAD_BYTES = 128;

/** Answers the passive's pulls: reads each range when it is sent, and never stores it. */
export class PullService {
  readonly #capture: Capture;
  readonly #send: (frame: DataFrame) => void;
  /** The content of one frame; sending copies it, so it is used again for the next one. */
  readonly #scratch = new Uint8Array(FRAME_CONTENT_BYTES + RANGE_BYTES);
  #waiting: PullRequest[] = [];
  #next = 0;

  constructor(capture: Capture, send: (frame: DataFrame) => void) {
    this.#capture = capture;
    this.#send = send;
  }

  /** The passive bounds what it asks for; more than that is not remembered. */
  add(requests: readonly PullRequest[]): void {
    for (const request of requests) this.#waiting.push(request);
  }

  clear(): void {
    this.#waiting = [];
    this.#next = 0;
  }

  /** @returns true while more is waiting. */
  serve(): boolean {
    let turn = 0;
    while (this.#next < this.#waiting.length && turn < TURN_BYTES) {
      const answers: PullAnswer[] = [];
      let bytes = 0;
      let used = 0;
      while (this.#next < this.#waiting.length && bytes < FRAME_CONTENT_BYTES) {
        const request = this.#waiting[this.#next++] as PullRequest;
        const answer = this.#capture.readContent(request, this.#scratch.subarray(used));
        answers.push(answer);
        used += answer.content.length;
        bytes += answer.content.length + ANSWER_OVERHEAD_BYTES + (answer.attributes.extended?.length ?? 0);
      }
      turn += bytes;
      this.#send({ kind: 'content', answers });
    }
    if (this.#next < this.#waiting.length) return true;
    this.clear();
    return false;
  }
}
