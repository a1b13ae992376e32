import { patternsOf } from '../../changes/changing-set.ts';
import { protectedSet } from '../../changes/protected-set.ts';
import { type ByteString, fromText } from '../../kernel/byte-string.ts';
import type { Log } from '../../kernel/log.ts';
import { startThread } from '../../system/processes/threads.ts';
import { systemTimers } from '../../system/machine/timers.ts';
import type { StreamThread } from '../stream/stream-thread.ts';
import type { StreamStart } from '../stream/thread-messages.ts';
import { type FromUnseenWriters, startUnseenWritersThread, type UnseenWritersThread } from './unseen-writers-thread.ts';

/** Lives as long as the active server's stream worker, which it tells who can change files without notice. */
export class UnseenWritersSearch {
  readonly #base: string;
  readonly #stream: StreamThread;
  readonly #log: Log;
  /** Folders that are mounted over: who works past the mount is sought on what lies underneath. */
  readonly #underneath = new Map<ByteString, number>();
  #folders = '';
  #thread: UnseenWritersThread | null = null;

  /** @param start - what the stream worker was started with. */
  constructor({ base, interception }: Pick<StreamStart, 'base' | 'interception'>, stream: StreamThread, log: Log) {
    this.#base = base === '/' ? '' : base;
    for (const { path, root } of interception?.folders ?? []) this.#underneath.set(path, root);
    this.#stream = stream;
    this.#log = log;
  }

  /** It looks at the file systems of the protected folders, which may be others by now. */
  lookAt(filters: Pick<StreamStart, 'include' | 'exclude'>): void {
    const base = fromText(this.#base);
    const folders = protectedSet(patternsOf(filters)).folders.map(({ path }) => {
      const root = this.#underneath.get(path);
      return root === undefined ? base + path : `/proc/self/fd/${String(root)}`;
    });
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
