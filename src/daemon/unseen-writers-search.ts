import { patternsOf } from '../changes/changing-set.ts';
import { protectedSet } from '../changes/protected-set.ts';
import { fromText } from '../kernel/byte-string.ts';
import type { Log } from '../kernel/log.ts';
import { startThread } from '../system/threads.ts';
import { systemTimers } from '../system/timers.ts';
import type { StreamThread } from './stream-thread.ts';
import type { StreamStart } from './thread-messages.ts';
import { type FromUnseenWriters, startUnseenWritersThread, type UnseenWritersThread } from './unseen-writers-thread.ts';

/** Lives as long as the active server's stream worker, which it tells who can change files without notice. */
export class UnseenWritersSearch {
  readonly #base: string;
  readonly #stream: StreamThread;
  readonly #log: Log;
  #folders = '';
  #thread: UnseenWritersThread | null = null;

  constructor(base: string, stream: StreamThread, log: Log) {
    this.#base = base === '/' ? '' : base;
    this.#stream = stream;
    this.#log = log;
  }

  /** It looks at the file systems of the protected folders, which may be others by now. */
  lookAt(filters: Pick<StreamStart, 'include' | 'exclude'>): void {
    const base = fromText(this.#base);
    const folders = protectedSet(patternsOf(filters)).folders.map(({ path }) => base + path);
    if (this.#thread !== null && folders.join('\0') === this.#folders) return;
    this.#folders = folders.join('\0');
    const follows = this.#thread !== null;
    this.#thread?.stop();
    this.#thread = startUnseenWritersThread({
      start: { folders },
      follows,
      onWriters: (writers) => this.#stream.post({ kind: 'unseenWriters', writers }),
      onFailure: (reason) => this.#log.error('the search for writers without notice failed', { reason }),
      startThread: (data) =>
        startThread<never, FromUnseenWriters>(new URL('./unseen-writers-worker.ts', import.meta.url), data),
      after: (delayMs, action) => systemTimers.after(delayMs, action),
    });
  }

  stop(): void {
    this.#thread?.stop();
  }
}
