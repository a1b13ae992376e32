import { fromData, Problem } from '../../problems/problem.ts';
import type { FromStream, StreamQuery, ToStream } from './thread-messages.ts';

interface Waiting {
  readonly done: (answer: unknown) => void;
  readonly failed: (problem: Problem) => void;
}

/** Questions to this server's stream worker, and their answers. */
export class StreamQueries {
  readonly #post: (message: ToStream) => boolean;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(post: (message: ToStream) => boolean) {
    this.#post = post;
  }

  /** @throws Problem DMN-001 when the stream worker is not there; what it failed with otherwise. */
  ask(query: StreamQuery): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((done, failed) => {
      if (!this.#post({ kind: 'query', id, query })) {
        failed(new Problem('DMN-001', { reason: 'replication is being started again' }));
        return;
      }
      this.#waiting.set(id, { done, failed });
    });
  }

  answered(message: Extract<FromStream, { kind: 'answer' }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.problem === null) waiting?.done(message.answer);
    else waiting?.failed(fromData(message.problem) ?? new Problem('DMN-001', { reason: message.problem.code }));
  }

  /** The stream worker ended: nobody will answer. */
  lost(): void {
    for (const { failed } of this.#waiting.values()) {
      failed(new Problem('DMN-001', { reason: 'replication is being started again' }));
    }
    this.#waiting.clear();
  }
}
