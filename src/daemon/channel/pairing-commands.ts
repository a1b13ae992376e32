import { dirname } from 'node:path';
import type { InvitePart, JoinRequest, JoinResult, Pairing } from '../../api/pairing.ts';
import { Failures } from '../../problems/failures.ts';
import { newIdentity, type IdentityFacts } from '../../identity/identity.ts';
import type { IdentityStore } from '../../identity/identity-store.ts';
import { invite, joinPair } from '../../identity/pairing.ts';
import type { PairOffer } from '../../identity/pairing-messages.ts';
import { decodeToken, type Token } from '../../identity/token.ts';
import { type Address, formatAddress } from '../../kernel/sockets.ts';
import { isProblem, Problem } from '../../problems/problem.ts';
import { exampleServerFile } from '../../settings/example-file.ts';
import type { ServerFileValues } from '../../settings/server-schema.ts';
import { parsePairSettings } from '../../settings/pair-settings.ts';
import { parseServerSettings } from '../../settings/server-settings.ts';
import type { ServerSettings } from '../../settings/settings.ts';
import { createCertificate } from '../../system/network/certificates.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { durableFiles } from '../../system/files/durable-files.ts';
import { isOwnAddress } from '../../system/network/own-addresses.ts';
import { systemSecrets } from '../../system/machine/secrets.ts';
import { systemTimers } from '../../system/machine/timers.ts';
import { tlsSockets } from '../../system/network/tls-sockets.ts';
import { MessageQueue } from './message-queue.ts';
import { loadOrCreateFacts, openIdentityStore } from '../settings/pair-facts.ts';
import { keepJoined, keepOffered, offerOf, pairFileOf } from './pairing-offer.ts';
import { makeOwnFolder, readSettingsFile } from '../start-files.ts';

const INVITATION_LIFE_MS = 15 * 60 * 1000;
const DEFAULT_LISTEN = '0.0.0.0:57348';
const DEFAULT_STATE_DIRECTORY = '/var/lib/understudy';

/** Pairing from the command line, for when no daemon runs (invite), or beside one (join). */
export const pairing: Pairing = {
  async *invite({ configFile, signal }) {
    const server = readServer(configFile);
    const pairText = readSettingsFile(pairFileOf(configFile));
    const pair = parsePairSettings(pairText, pairFileOf(configFile), server);
    if (pair.kind === 'problems') throw new Failures(pair.problems);
    makeOwnFolder(server.stateDirectory, 'stateDirectory');
    const store = openIdentityStore(server.stateDirectory);
    const facts = await loadOrCreateFacts(store, { identity: server.identity, pair: pair.settings.pair });
    const offer = offerOf({
      facts,
      listen: server.channel.listen,
      pair: { name: pair.settings.pair, version: facts.settings.version, text: pairText },
    });
    yield* invitation({ offer, facts, store, listen: server.channel.listen, signal });
  },

  async join(request) {
    const token = decodeToken(request.token, systemSecrets);
    const known = durableFiles.read(request.configFile);
    const server = known === null ? serverFrom(request, token) : parsed(known, request.configFile);
    // Before the invitation is used up.
    const foreign = known === null ? server.channel.listen.find(({ host }) => !isOwnAddress(host)) : undefined;
    if (foreign !== undefined)
      throw new Problem('CHN-002', { address: formatAddress(foreign), reason: 'this server has no such address' });
    makeOwnFolder(server.stateDirectory, 'stateDirectory');
    const store = openIdentityStore(server.stateDirectory);
    const before = store.load();
    // The same invitation again: a join that was cut in the middle is finished.
    const isSame = before?.peer?.fingerprint === token.fingerprint;
    if (before !== null && before.pairId !== null && !request.replace && !isSame) {
      throw new Problem('IDN-003', { pair: before.pairName });
    }
    const isFixed = known !== null || request.identity !== null;
    const joined = await joinAs({ request, token, server, store, before, isFixed });
    return { ...joined, peerAddress: token.addresses[0] ?? '' };
  },
};

async function* invitation(options: {
  offer: PairOffer;
  facts: IdentityFacts;
  store: IdentityStore;
  listen: readonly Address[];
  signal: AbortSignal;
}): AsyncGenerator<InvitePart> {
  const { offer, facts, store, signal } = options;
  const parts = new MessageQueue<InvitePart>();
  const opened = await invite({
    sockets: tlsSockets,
    secrets: systemSecrets,
    clock: systemClock,
    timers: systemTimers,
    own: facts,
    listen: options.listen,
    offer,
    persist: async (server) => keepJoined(store, offer, server),
    onEnd: (end) => {
      if (end.kind === 'joined') parts.push({ kind: 'done', peerAddress: end.server.addresses[0] ?? '' });
      if (end.kind === 'expired') parts.fail(new Problem('IDN-002', { reason: 'nobody used it within 15 minutes' }));
      if (end.kind === 'tooManyTries') parts.fail(new Problem('IDN-002', { reason: 'it was tried with wrong proofs' }));
      if (end.kind === 'failed') parts.fail(end.error instanceof Error ? end.error : new Error(String(end.error)));
      parts.end();
    },
    lifeMs: INVITATION_LIFE_MS,
  });
  signal.addEventListener('abort', () => parts.end(), { once: true });
  try {
    const expiresAt = new Date(systemClock.wallMs() + INVITATION_LIFE_MS).toISOString();
    yield { kind: 'token', token: opened.invitation.token, expiresAt };
    yield* parts;
  } finally {
    await opened.close();
  }
}

interface Joining {
  readonly request: JoinRequest;
  readonly token: Token;
  readonly server: ServerSettings;
  readonly store: IdentityStore;
  readonly before: IdentityFacts | null;
  /** The identity was said; otherwise it is what the other server is not. */
  readonly isFixed: boolean;
}

async function joinAs(joining: Joining): Promise<Omit<JoinResult, 'peerAddress'>> {
  const { server } = joining;
  try {
    return await converse(joining, server.identity);
  } catch (error) {
    if (joining.isFixed || !isProblem(error, 'CHN-006')) throw error;
    return await converse(joining, server.identity === 'primary' ? 'secondary' : 'primary');
  }
}

async function converse(joining: Joining, identity: 'primary' | 'secondary'): Promise<Omit<JoinResult, 'peerAddress'>> {
  const { server, store, token, request } = joining;
  const own = joining.before ?? (await freshFacts(identity, token.pairName));
  const filesWritten: string[] = [];
  const offer = await joinPair({
    sockets: tlsSockets,
    clock: systemClock,
    timers: systemTimers,
    secrets: systemSecrets,
    own,
    token,
    self: { serverId: own.serverId, identity, addresses: server.channel.listen.map(formatAddress) },
    persist: async (offered) => {
      filesWritten.splice(0, Infinity, ...writeFiles(request.configFile, { ...server, identity }, offered));
      keepOffered(store, offered, { ...own, identity });
    },
  });
  return { pair: offer.pairName, identity, filesWritten };
}

async function freshFacts(identity: 'primary' | 'secondary', pairName: string): Promise<IdentityFacts> {
  const serverId = Buffer.from(systemSecrets.randomBytes(16)).toString('hex');
  return newIdentity({ serverId, identity, pairName, ...(await createCertificate(`${pairName} ${identity}`)) });
}

/** The pair's settings, and the server file where there is none. What was in the way is kept beside it. */
function writeFiles(configFile: string, server: ServerSettings, offer: PairOffer): string[] {
  const written: string[] = [];
  const pairFile = pairFileOf(configFile);
  const before = durableFiles.read(pairFile);
  if (before !== offer.pairSettings) {
    durableFiles.makeFolder(dirname(configFile), 0o755);
    if (before !== null) {
      durableFiles.write(`${pairFile}.before-join`, before, 0o644);
      written.push(`${pairFile}.before-join`);
    }
    durableFiles.write(pairFile, offer.pairSettings, 0o644);
    written.push(pairFile);
  }
  if (durableFiles.read(configFile) === null) {
    durableFiles.write(configFile, exampleServerFile(serverValues(server)), 0o644);
    written.push(configFile);
  }
  return written;
}

function serverFrom(request: JoinRequest, token: Token): ServerSettings {
  const values: ServerFileValues = {
    identity: request.identity ?? 'secondary',
    stateDirectory: request.stateDirectory ?? DEFAULT_STATE_DIRECTORY,
    base: request.base ?? '/',
    channel: {
      listen: request.listen.length > 0 ? [...request.listen] : [DEFAULT_LISTEN],
      peers: [...token.addresses],
    },
    ...(request.apiListen === null ? {} : { api: { listen: request.apiListen } }),
  };
  return parsed(exampleServerFile(values), request.configFile);
}

function serverValues(server: ServerSettings): ServerFileValues {
  return {
    identity: server.identity,
    stateDirectory: server.stateDirectory,
    base: server.base,
    channel: { listen: server.channel.listen.map(formatAddress), peers: server.channel.peers.map(formatAddress) },
    ...(server.api.listen === null ? {} : { api: { listen: formatAddress(server.api.listen) } }),
  };
}

function readServer(configFile: string): ServerSettings {
  return parsed(readSettingsFile(configFile), configFile);
}

function parsed(text: string, file: string): ServerSettings {
  const result = parseServerSettings(text, file);
  if (result.kind === 'problems') throw new Failures(result.problems);
  return result.settings;
}
