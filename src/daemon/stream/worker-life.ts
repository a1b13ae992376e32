import type { Thread } from '../../system/processes/threads.ts';

/** What a worker says of its own end. */
interface Failed {
  readonly kind: 'failed';
  readonly problem: null;
  readonly text: string;
}

/**
 * The life of a worker that says by `failed` why it ends. One that ends without a word, and was not told to, is taken
 * to have failed, too; that one ends which said so is no news.
 */
export class WorkerLife<Out extends { readonly kind: string }> {
  readonly #thread: Pick<Thread<never, Out>, 'terminate'>;
  readonly #after: (delayMs: number, action: () => void) => () => void;
  readonly #ended: Promise<void>;
  #state: 'running' | 'failed' | 'stopping' | 'ended' = 'running';

  /** @param options.onGone - once it has ended, however, before anything is said of it. */
  constructor(
    thread: Pick<Thread<never, Out>, 'onMessage' | 'onEnd' | 'terminate'>,
    options: {
      readonly onMessage: (message: Out | Failed) => void;
      readonly onGone: () => void;
      readonly after: (delayMs: number, action: () => void) => () => void;
    },
  ) {
    this.#thread = thread;
    this.#after = options.after;
    thread.onMessage((message) => {
      if (message.kind === 'failed' && this.#state === 'running') this.#state = 'failed';
      options.onMessage(message);
    });
    this.#ended = new Promise((done) => {
      thread.onEnd((error) => {
        const unasked = this.#state === 'running';
        this.#state = 'ended';
        options.onGone();
        done();
        if (unasked) options.onMessage({ kind: 'failed', problem: null, text: error?.message ?? 'it ended by itself' });
      });
    });
  }

  get isOver(): boolean {
    return this.#state === 'ended';
  }

  /** Tells it to stop; ended by force where it takes longer than that. */
  async stop(tell: () => void, waitMs: number): Promise<void> {
    if (this.isOver) return;
    this.#state = 'stopping';
    tell();
    const cancel = this.#after(waitMs, () => void this.#thread.terminate());
    await this.#ended;
    cancel();
  }
}
