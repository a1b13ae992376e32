import { fromData, Problem } from '../../problems/problem.ts';
import type { InvitationNews, ToChannel } from './channel-messages.ts';
import { MessageQueue } from './message-queue.ts';

type Part = { kind: 'token'; token: string; expiresAt: string } | { kind: 'done'; peerAddress: string };

/** Invitations under way in the channel worker, for the callers of the API. */
export class Invitations {
  readonly #post: (message: ToChannel) => void;
  readonly #open = new Map<number, MessageQueue<Part>>();
  #nextId = 1;

  constructor(post: (message: ToChannel) => void) {
    this.#post = post;
  }

  /** A token, then `done` once another server has joined with it. Ends with the caller. */
  async *invite(signal: AbortSignal): AsyncGenerator<Part> {
    const id = this.#nextId++;
    const parts = new MessageQueue<Part>();
    this.#open.set(id, parts);
    signal.addEventListener('abort', () => parts.end(), { once: true });
    this.#post({ kind: 'invite', id });
    try {
      yield* parts;
    } finally {
      this.#open.delete(id);
      this.#post({ kind: 'inviteEnd', id });
    }
  }

  /** The channel worker ended that knew of them. */
  lost(): void {
    for (const parts of this.#open.values())
      parts.fail(new Problem('IDN-002', { reason: 'the channel was begun anew' }));
  }

  told(news: InvitationNews): void {
    const parts = this.#open.get(news.id);
    if (news.what === 'token') parts?.push({ kind: 'token', token: news.token, expiresAt: news.expiresAt });
    else if (news.what === 'done') {
      parts?.push({ kind: 'done', peerAddress: news.peerAddress });
      parts?.end();
    } else {
      parts?.fail(
        fromData(news.problem) ?? new Problem('IDN-005', { address: 'this server', reason: news.problem.code }),
      );
    }
  }
}
