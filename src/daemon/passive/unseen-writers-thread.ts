import type { Cancel } from '../../kernel/clock.ts';
import type { Thread } from '../../system/processes/threads.ts';
import type { UnseenWriter } from '../../system/processes/unseen-writers.ts';

/** A worker that failed is started again after this long. */
const RESTART_MS = 5000;

/** What the worker is started with. */
export interface UnseenWritersStart {
  /** Real paths of the protected folders, one byte in each character. */
  readonly folders: readonly string[];
}

/** What it says, first at once and then whenever it is another list. */
export type FromUnseenWriters = readonly UnseenWriter[];

/** Looks for processes that can change files without notice, until it is stopped. */
export interface UnseenWritersThread {
  stop(): void;
}

/**
 * @param options.follows - another one that was stopped just now: what that said holds until there is something newer.
 * @param options.onWriters - null: for now it is not known; told at once, and again when the worker fails.
 */
export function startUnseenWritersThread(options: {
  readonly start: UnseenWritersStart;
  readonly follows: boolean;
  readonly onWriters: (writers: FromUnseenWriters | null) => void;
  readonly onFailure: (text: string) => void;
  readonly startThread: (start: UnseenWritersStart) => Thread<never, FromUnseenWriters>;
  readonly after: (delayMs: number, action: () => void) => Cancel;
}): UnseenWritersThread {
  let thread: Thread<never, FromUnseenWriters>;
  let cancel: Cancel = () => undefined;
  let isStopped = false;
  const begin = (): void => {
    thread = options.startThread(options.start);
    thread.onMessage((writers) => {
      if (!isStopped) options.onWriters(writers);
    });
    thread.onEnd((error) => {
      if (isStopped) return;
      options.onFailure(error?.message ?? 'it ended by itself');
      cancel = options.after(RESTART_MS, begin);
      options.onWriters(null);
    });
  };
  if (!options.follows) options.onWriters(null);
  begin();
  return {
    stop: () => {
      isStopped = true;
      cancel();
      void thread.terminate();
    },
  };
}
