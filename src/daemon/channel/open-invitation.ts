import { Invitation } from '../../identity/invitation.ts';
import { turnAwayJoiner } from '../../identity/turn-away-joiner.ts';
import { FileError } from '../../kernel/files.ts';
import type { Address, SecureSocket } from '../../kernel/sockets.ts';
import { isProblem, Problem, toData } from '../../problems/problem.ts';
import { durableFiles } from '../../system/files/durable-files.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { systemSecrets } from '../../system/machine/secrets.ts';
import { systemTimers } from '../../system/machine/timers.ts';
import { openIdentityStore } from '../settings/pair-facts.ts';
import type { InvitationNews } from './channel-messages.ts';
import { keepJoined, offerOf } from './pairing-offer.ts';

const INVITATION_LIFE_MS = 15 * 60 * 1000;

export interface OpenInvitationOptions {
  readonly stateDirectory: string;
  readonly pairFile: string;
  readonly listen: readonly Address[];
  readonly settingsVersion: number;
  readonly tell: (news: InvitationNews) => void;
}

/** The invitation of a running daemon: one at a time, the last one that was asked for. */
export class OpenInvitation {
  readonly #options: OpenInvitationOptions;
  #open: { readonly id: number; readonly invitation: Invitation } | null = null;

  constructor(options: OpenInvitationOptions) {
    this.#options = options;
  }

  /** A connection of the pairing protocol. */
  accept(socket: SecureSocket): void {
    if (this.#open === null) turnAwayJoiner(socket, systemTimers);
    else this.#open.invitation.accept(socket);
  }

  /** Makes one in place of the one before. Whoever asked for either is told what becomes of it. */
  begin(id: number): void {
    try {
      this.#begin(id);
    } catch (error) {
      if (!isProblem(error) && !(error instanceof FileError)) throw error;
      const problem = isProblem(error) ? error : new Problem('CFG-001', { file: error.path, reason: error.code });
      this.#options.tell({ kind: 'invitation', id, what: 'failed', problem: toData(problem) });
    }
  }

  /** Whoever asked for it has left. */
  end(id: number): void {
    if (this.#open?.id === id) this.close();
  }

  close(): void {
    this.#open?.invitation.close();
    this.#open = null;
  }

  #begin(id: number): void {
    this.close();
    const { stateDirectory, pairFile, listen, settingsVersion, tell } = this.#options;
    const store = openIdentityStore(stateDirectory);
    const facts = store.load();
    const text = durableFiles.read(pairFile);
    if (facts === null || text === null) throw new Problem('CFG-001', { file: pairFile, reason: 'it is gone' });
    const offer = offerOf({ facts, listen, pair: { name: facts.pairName, version: settingsVersion, text } });
    const failed = (reason: string): void =>
      tell({ kind: 'invitation', id, what: 'failed', problem: toData(new Problem('IDN-002', { reason })) });
    const invitation = new Invitation({
      secrets: systemSecrets,
      clock: systemClock,
      timers: systemTimers,
      offer,
      persist: async (server) => keepJoined(store, offer, server),
      onEnd: (end) => {
        if (end.kind === 'joined')
          tell({ kind: 'invitation', id, what: 'done', peerAddress: end.server.addresses[0] ?? '' });
        // Nobody is there any more to be told, but where another one takes its place.
        else if (end.kind === 'closed') failed('another invitation was made in its place');
        else if (end.kind === 'expired') failed('nobody used it within 15 minutes');
        else failed('it failed or was tried with wrong proofs');
      },
      lifeMs: INVITATION_LIFE_MS,
    });
    this.#open = { id, invitation };
    const expiresAt = new Date(systemClock.wallMs() + INVITATION_LIFE_MS).toISOString();
    tell({ kind: 'invitation', id, what: 'token', token: invitation.token, expiresAt });
  }
}
