import type { SoughtFile } from '../../system/processes/file-holders.ts';
import type { Thread } from '../../system/processes/threads.ts';
import type { HoldersFound } from './thread-messages.ts';

export interface SearchOptions {
  readonly onFound: (found: HoldersFound) => void;
  readonly onFailure: (text: string) => void;
  readonly startThread: (files: readonly SoughtFile[]) => Thread<never, HoldersFound>;
}

/** Searches for who uses files, each in a worker of its own: it takes a second or so, and is seldom asked for. */
export class FileHoldersSearch {
  readonly #options: SearchOptions;
  readonly #running = new Set<Thread<never, HoldersFound>>();

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** Answered once; with nobody where the search fails. */
  start(files: readonly SoughtFile[]): void {
    const { onFound, onFailure, startThread } = this.#options;
    const thread = startThread(files);
    let answer: HoldersFound = { files, holders: [] };
    this.#running.add(thread);
    thread.onMessage((found) => {
      answer = found;
    });
    thread.onEnd((error) => {
      if (!this.#running.delete(thread)) return;
      if (error !== null) onFailure(error.message);
      onFound(answer);
    });
  }

  /** Nothing is answered any more. */
  stop(): void {
    const ended = [...this.#running];
    this.#running.clear();
    for (const thread of ended) void thread.terminate();
  }
}
