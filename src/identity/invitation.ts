import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { Secrets } from '../kernel/secrets.ts';
import type { SecureSocket } from '../kernel/sockets.ts';
import type { WallMs } from '../kernel/units.ts';
import { Problem, toData } from '../problems/problem.ts';
import type { Identity, PairedServer } from './identity.ts';
import { PairingConnection } from './pairing-connection.ts';
import { fingerprintOfPem, JOIN_BYTES_MAX, proofOf } from './pairing-messages.ts';
import type { JoinerFacts, PairingMessage, PairOffer } from './pairing-messages.ts';
import { encodeToken, SECRET_BYTES } from './token.ts';
import { turnAwayJoiner } from './turn-away-joiner.ts';

/** The server that joined, as the inviting one keeps it. */
export interface JoinedServer extends PairedServer {
  readonly identity: Identity;
}

export type InvitationEnd =
  | { readonly kind: 'joined'; readonly server: JoinedServer }
  | { readonly kind: 'expired' }
  /** Somebody tried too many wrong tokens. */
  | { readonly kind: 'tooManyTries' }
  /** The pair could not be stored here. */
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'closed' };

export interface InvitationOptions {
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly offer: PairOffer;
  /** Keeps the joiner durably; may come again for the same joiner. */
  readonly persist: (server: JoinedServer) => Promise<void>;
  /** Once. After `joined` the invitation still answers the same joiner until its life ends. */
  readonly onEnd: (end: InvitationEnd) => void;
  readonly lifeMs?: number;
}

const LIFE_MS = 15 * 60 * 1000;
const TRIES_MAX = 5;
const CONNECTIONS_MAX = 4;
/** A joiner that has not finished by then is dropped; it may come again. */
const CONNECTION_MS = 30_000;

/** One joiner's connection. */
interface Visit {
  readonly connection: PairingConnection;
  readonly cancel: Cancel;
  /** Set once it proved to hold the token. */
  joiner: JoinedServer | null;
}

/**
 * The inviting side of pairing. One token, one joiner: whoever proves to know the token's secret over
 * a connection that shows its own certificate gets the pair's facts. Both sides store before either
 * says that it is done, so a cut at any moment is mended by joining again with the same token.
 *
 * Hand it every connection of the pairing protocol; it lives on its owner's event loop.
 */
export class Invitation {
  /** For the operator to carry over. */
  readonly token: string;
  readonly #options: InvitationOptions;
  readonly #secret: Uint8Array;
  readonly #fingerprint: string;
  readonly #expiresAtMs: number;
  readonly #cancelExpiry: Cancel;
  readonly #visits = new Set<Visit>();
  #stored: JoinedServer | null = null;
  #wrongTries = 0;
  #isTold = false;
  #isClosed = false;

  constructor(options: InvitationOptions) {
    const { secrets, clock, timers, offer, lifeMs = LIFE_MS } = options;
    this.#options = options;
    this.#secret = secrets.randomBytes(SECRET_BYTES);
    this.#fingerprint = fingerprintOfPem(secrets, offer.certificate);
    this.#expiresAtMs = clock.monotonicMs() + lifeMs;
    const { pairName, addresses } = offer;
    const expiresAtMs = (clock.wallMs() + lifeMs) as WallMs;
    this.token = encodeToken(
      { pairName, addresses, fingerprint: this.#fingerprint, secret: this.#secret, expiresAtMs },
      secrets,
    );
    this.#cancelExpiry = timers.after(lifeMs, () => this.#expire());
  }

  /** Takes a connection of the pairing protocol. */
  accept(socket: SecureSocket): void {
    if (this.#isClosed) {
      turnAwayJoiner(socket, this.#options.timers);
      return;
    }
    if (this.#visits.size >= CONNECTIONS_MAX) {
      socket.destroy();
      return;
    }
    const connection = new PairingConnection(socket, JOIN_BYTES_MAX, {
      onMessage: (message) => this.#onMessage(visit, message),
      onEnd: () => this.#forget(visit),
    });
    const cancel = this.#options.timers.after(CONNECTION_MS, () => {
      connection.drop();
      this.#forget(visit);
    });
    const visit: Visit = { connection, cancel, joiner: null };
    this.#visits.add(visit);
    socket.onClose(() => this.#forget(visit));
  }

  /** Ends it; a joiner that comes later is told so. */
  close(): void {
    this.#isClosed = true;
    this.#cancelExpiry();
    for (const visit of this.#visits) {
      visit.connection.close();
      this.#forget(visit);
    }
    this.#tell(this.#stored === null ? { kind: 'closed' } : { kind: 'joined', server: this.#stored });
  }

  #onMessage(visit: Visit, message: PairingMessage): void {
    if (message.type === 'join') {
      this.#onJoin(visit, message.joiner, message.proof);
    } else if (message.type === 'stored' && visit.joiner !== null) {
      void this.#store(visit, visit.joiner);
    } else if (message.type === 'finished' && this.#stored !== null && visit.joiner !== null) {
      visit.connection.close();
      this.#tell({ kind: 'joined', server: this.#stored });
    } else {
      visit.connection.drop();
      this.#forget(visit);
    }
  }

  #onJoin(visit: Visit, joiner: JoinerFacts, proof: string): void {
    const joinerFingerprint = fingerprintOfPem(this.#options.secrets, joiner.certificate);
    const problem = this.#judge(visit, joiner, { proof, joinerFingerprint });
    if (problem !== null) {
      this.#refuse(visit, problem);
      if (this.#wrongTries >= TRIES_MAX) this.#tell({ kind: 'tooManyTries' });
      return;
    }
    const { serverId, identity, certificate, addresses } = joiner;
    visit.joiner = { serverId, identity, certificate, fingerprint: joinerFingerprint, addresses };
    const { secrets, offer } = this.#options;
    const transcript = { inviterFingerprint: this.#fingerprint, joinerFingerprint };
    const ownProof = proofOf(secrets, this.#secret, transcript, { by: 'inviter', content: offer });
    visit.connection.send({ type: 'offer', offer, proof: ownProof });
  }

  /** Null where the joiner may have the pair's facts. */
  #judge(visit: Visit, joiner: JoinerFacts, shown: { proof: string; joinerFingerprint: string }): Problem | null {
    const { secrets, clock, offer } = this.#options;
    const { joinerFingerprint } = shown;
    if (clock.monotonicMs() >= this.#expiresAtMs) return new Problem('IDN-002', { reason: 'it expired' });
    if (this.#wrongTries >= TRIES_MAX)
      return new Problem('IDN-002', { reason: 'the invitation was ended after too many wrong tokens' });
    const transcript = { inviterFingerprint: this.#fingerprint, joinerFingerprint };
    const expected = proofOf(secrets, this.#secret, transcript, { by: 'joiner', content: joiner });
    const isProved = secrets.equal(Buffer.from(expected), Buffer.from(shown.proof));
    if (!isProved || joinerFingerprint !== visit.connection.socket.peerFingerprint) {
      return this.#wrongTry();
    }
    if (this.#stored !== null && this.#stored.fingerprint !== joinerFingerprint) {
      return new Problem('IDN-002', { reason: 'it was used before by another server' });
    }
    if (joiner.serverId === offer.serverId) return new Problem('IDN-006', { serverId: joiner.serverId });
    if (joiner.identity === offer.identity) return new Problem('CHN-006', { identity: joiner.identity });
    return null;
  }

  #wrongTry(): Problem {
    this.#wrongTries += 1;
    return new Problem('IDN-002', { reason: 'the inviting server waits for another one' });
  }

  async #store(visit: Visit, joiner: JoinedServer): Promise<void> {
    // Two joiners that hold the same token: the first to store has it.
    if (this.#stored !== null && this.#stored.fingerprint !== joiner.fingerprint) {
      this.#refuse(visit, new Problem('IDN-002', { reason: 'it was used before by another server' }));
      return;
    }
    this.#stored = joiner;
    try {
      await this.#options.persist(joiner);
    } catch (error) {
      this.#stored = null;
      const address = this.#options.offer.addresses.join(', ');
      this.#refuse(visit, new Problem('IDN-005', { address, reason: 'the inviting server could not store the pair' }));
      this.#tell({ kind: 'failed', error });
      return;
    }
    visit.connection.send({ type: 'done' });
  }

  #refuse(visit: Visit, problem: Problem): void {
    visit.connection.send({ type: 'refuse', ...toData(problem) });
    visit.connection.close();
  }

  #expire(): void {
    this.#tell(this.#stored === null ? { kind: 'expired' } : { kind: 'joined', server: this.#stored });
  }

  #forget(visit: Visit): void {
    visit.cancel();
    this.#visits.delete(visit);
  }

  #tell(end: InvitationEnd): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.onEnd(end);
  }
}
