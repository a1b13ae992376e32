import type { Clock, Timers } from '../kernel/clock.ts';
import type { Secrets } from '../kernel/secrets.ts';
import { formatAddress } from '../kernel/sockets.ts';
import type { Address, SecureSocket, Sockets } from '../kernel/sockets.ts';
import { assert } from '../kernel/assert.ts';
import { fromData, isProblem, Problem } from '../problems/problem.ts';
import { Invitation } from './invitation.ts';
import type { InvitationOptions } from './invitation.ts';
import { PairingConnection } from './pairing-connection.ts';
import { fingerprintOfPem, OFFER_BYTES_MAX, PAIRING_PROTOCOL, proofOf } from './pairing-messages.ts';
import type { JoinerFacts, PairingMessage, PairOffer } from './pairing-messages.ts';
import type { Token } from './token.ts';

/** This server's private key and certificate, PEM. */
export interface OwnCertificate {
  readonly key: string;
  readonly certificate: string;
}

const HANDSHAKE_MS = 5000;
const ANSWER_MS = 10_000;
/** Tries to finish what was stored on one side only. */
const ROUNDS_MAX = 3;

/**
 * Invites from a process without a daemon: listens by itself on the channel's addresses.
 * @throws Problem CHN-001, CHN-002
 */
export async function invite(
  options: InvitationOptions & {
    readonly sockets: Sockets;
    readonly own: OwnCertificate;
    readonly listen: readonly Address[];
  },
): Promise<{ readonly invitation: Invitation; close(): Promise<void> }> {
  const { sockets, own, listen } = options;
  const credentials = { ...own, trusted: [] };
  const listeners: { close(): Promise<void> }[] = [];
  const invitation = new Invitation(options);
  const close = async (): Promise<void> => {
    invitation.close();
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  const tls = { credentials, protocols: [PAIRING_PROTOCOL], handshakeMs: HANDSHAKE_MS };
  try {
    for (const address of listen) {
      listeners.push(await sockets.listen(address, tls, (socket) => invitation.accept(socket)));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { invitation, close };
}

export interface JoinOptions {
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly secrets: Secrets;
  readonly own: OwnCertificate;
  readonly token: Token;
  readonly self: Omit<JoinerFacts, 'certificate'>;
  /** Keeps the pair's facts durably; may come again with the same ones. */
  readonly persist: (offer: PairOffer) => Promise<void>;
}

/**
 * Joins with a token. On return both servers hold the pair durably. After a failure it may be called
 * again with the same token and certificate, whatever was stored.
 * @throws Problem IDN-002 (token), IDN-005 (not reachable, or cut), IDN-006, CHN-006
 */
export async function joinPair(options: JoinOptions): Promise<PairOffer> {
  let lastFailure: Problem | null = null;
  const progress = { isStored: false };
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    try {
      const socket = await connectFirst(options);
      return await converse(socket, options, progress);
    } catch (error) {
      // Before anything was stored the first failure says it all; after it, a cut is worth another try.
      if (!isProblem(error, 'IDN-005') || !progress.isStored) throw error;
      lastFailure = error;
    }
  }
  assert(lastFailure !== null, 'a round ended');
  throw lastFailure;
}

/** Tries the token's addresses in turn. */
async function connectFirst(options: JoinOptions): Promise<SecureSocket> {
  const { token, clock } = options;
  const failures: string[] = [];
  for (const text of token.addresses) {
    const address = parseAddress(text);
    const result = address === null ? 'is not an address' : await connectTo(address, options);
    if (typeof result !== 'string') return result;
    failures.push(`the server at ${text} ${result}`);
  }
  if (clock.wallMs() > token.expiresAtMs) {
    const when = new Date(token.expiresAtMs).toISOString();
    throw new Problem('IDN-002', { reason: `it expired at ${when}, and ${failures.join('; ')}` });
  }
  throw new Problem('IDN-005', { address: token.addresses.join(', '), reason: failures.join('; ') });
}

/** The reason where it can't be connected to. */
function connectTo(address: Address, options: JoinOptions): Promise<SecureSocket | string> {
  const { sockets, own, token } = options;
  const credentials = { ...own, trusted: [] };
  const tls = { credentials, protocol: PAIRING_PROTOCOL, timeoutMs: HANDSHAKE_MS, fingerprint: token.fingerprint };
  return new Promise((resolve) => {
    sockets.connect(address, tls, (result) => resolve('socket' in result ? result.socket : result.error.message));
  });
}

/** The joiner's half of the conversation. */
function converse(socket: SecureSocket, options: JoinOptions, progress: { isStored: boolean }): Promise<PairOffer> {
  const { secrets, timers, own, token } = options;
  const joiner: JoinerFacts = { ...options.self, certificate: own.certificate };
  const transcript = {
    inviterFingerprint: token.fingerprint,
    joinerFingerprint: fingerprintOfPem(secrets, own.certificate),
  };
  const address = formatAddress(socket.remote);
  return new Promise((resolve, reject) => {
    let offer: PairOffer | null = null;
    const cancel = timers.after(ANSWER_MS, () => fail(cut(`no answer came within ${ANSWER_MS} ms`)));
    const connection = new PairingConnection(socket, OFFER_BYTES_MAX, {
      onMessage: (message) => void take(message).catch(fail),
      onEnd: (reason) => fail(cut(reason)),
    });
    function cut(reason: string): Problem {
      return new Problem('IDN-005', { address, reason });
    }
    function fail(error: unknown): void {
      cancel();
      connection.close();
      reject(error as Error);
    }
    async function take(message: PairingMessage): Promise<void> {
      if (message.type === 'offer' && offer === null) {
        const proof = proofOf(secrets, token.secret, transcript, { by: 'inviter', content: message.offer });
        checkOffer(message.offer, { isProved: proof === message.proof, options, address });
        offer = message.offer;
        await options.persist(offer);
        progress.isStored = true;
        connection.send({ type: 'stored' });
      } else if (message.type === 'done' && offer !== null && progress.isStored) {
        connection.send({ type: 'finished' });
        connection.close();
        cancel();
        resolve(offer);
      } else if (message.type === 'refuse') {
        throw fromData(message) ?? cut(`it was refused (${message.code})`);
      } else {
        throw cut('it answered out of order');
      }
    }
    const proof = proofOf(secrets, token.secret, transcript, { by: 'joiner', content: joiner });
    connection.send({ type: 'join', joiner, proof });
  });
}

function checkOffer(
  offer: PairOffer,
  context: { readonly isProved: boolean; readonly options: JoinOptions; readonly address: string },
): void {
  const { isProved, options, address } = context;
  const { token, secrets, self } = options;
  if (!isProved || fingerprintOfPem(secrets, offer.certificate) !== token.fingerprint) {
    throw new Problem('IDN-005', { address, reason: 'the server there did not prove that it made the token' });
  }
  if (offer.serverId === self.serverId) throw new Problem('IDN-006', { serverId: self.serverId });
  if (offer.identity === self.identity) throw new Problem('CHN-006', { identity: self.identity });
}

/** `host:port`, IPv6 in brackets; null for anything else. */
function parseAddress(text: string): Address | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  return match === null || port > 65_535 ? null : { host: match[1] ?? '', port };
}
