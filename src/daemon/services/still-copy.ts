import type { Position } from '../../changes/change.ts';
import type { Timers } from '../../kernel/clock.ts';
import type { StillNews, StillRequest } from '../passive/stand-still.ts';
import type { ToStream } from '../stream/thread-messages.ts';

/** A stream worker that works answers within that. */
const SLACK_MS = 10_000;

/** Where Apply stands. */
export interface Standing {
  readonly number: number;
  readonly position: Position;
  /** As it was asked for. */
  readonly isGood: boolean;
}

/** The main thread's half of {@link StandStill}: asks the stream worker for a copy that nothing changes. */
export class StillCopy {
  readonly #post: (message: ToStream) => boolean;
  readonly #timers: Timers;
  #number = 0;
  /** Those that wait for an answer; what comes too late is for nobody. */
  #stands: ((standing: Standing | null) => void) | null = null;
  #goesOn: ((wasKept: boolean) => void) | null = null;
  /** Of the one that stands: was nothing changed so far? */
  #isKept = true;

  /** @param options.post - to this server's stream worker; false where there is none now. */
  constructor(options: { readonly post: (message: ToStream) => boolean; readonly timers: Timers }) {
    this.#post = options.post;
    this.#timers = options.timers;
  }

  /** Null where the stream worker ends, or does not come to such a place. */
  async begin(request: Omit<StillRequest, 'number'>): Promise<Standing | null> {
    const number = (this.#number += 1);
    this.#isKept = true;
    const standing = new Promise<Standing | null>((done) => (this.#stands = done));
    const cancel = this.#timers.after(request.waitMs + SLACK_MS, () => this.#stood(null));
    if (!this.#post({ kind: 'standStill', request: { ...request, number } })) this.#stood(null);
    const found = await standing;
    cancel();
    return found;
  }

  /** Lets Apply go on. @returns whether nothing was changed until then. */
  async end({ number }: Standing): Promise<boolean> {
    if (!this.#isKept) return false;
    const answer = new Promise<boolean>((done) => (this.#goesOn = done));
    const cancel = this.#timers.after(SLACK_MS, () => this.#wentOn(false));
    if (!this.#post({ kind: 'goOn', number })) this.#wentOn(false);
    const wasKept = await answer;
    cancel();
    return wasKept;
  }

  told(news: StillNews): void {
    if (news.number !== this.#number) return;
    if (news.kind === 'standing') this.#stood(news);
    else this.#wentOn(news.wasKept);
  }

  /** The stream worker ended: nothing stands still any more. */
  lost(): void {
    this.#stood(null);
    this.#wentOn(false);
  }

  #stood(standing: Standing | null): void {
    this.#stands?.(standing);
    this.#stands = null;
  }

  #wentOn(wasKept: boolean): void {
    this.#isKept = wasKept;
    this.#goesOn?.(wasKept);
    this.#goesOn = null;
  }
}
