import { createServer } from 'node:net';
import { beforeAll, afterEach, describe, expect, it } from 'vitest';
import type { Clock, Timers } from '../kernel/clock.ts';
import { frameHeader } from '../kernel/frames.ts';
import type { SecureSocket, Sockets } from '../kernel/sockets.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { Problem } from '../problems/problem.ts';
import { createCertificate } from '../system/network/certificates.ts';
import type { CreatedCertificate } from '../system/network/certificates.ts';
import { systemSecrets } from '../system/machine/secrets.ts';
import { tlsSockets } from '../system/network/tls-sockets.ts';
import type { InvitationEnd, InvitationOptions, JoinedServer } from './invitation.ts';
import { invite, joinPair } from './pairing.ts';
import type { JoinOptions } from './pairing.ts';
import { PAIRING_PROTOCOL } from './pairing-messages.ts';
import type { PairOffer } from './pairing-messages.ts';
import { decodeToken } from './token.ts';
import type { Token } from './token.ts';

/** An address of this machine that only this process uses. */
const HOST = `127.${64 + ((process.pid >>> 16) & 63)}.${(process.pid >>> 8) & 255}.${process.pid & 255}`;
let port = 0;
let address = '';
const timers: Timers = {
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
  every: () => () => {},
};
let nowMs = 0;
const clock: Clock = {
  monotonicMs: () => nowMs as MonotonicMs,
  wallMs: () => (1_700_000_000_000 + nowMs) as WallMs,
};

let inviter: CreatedCertificate;
let joiner: CreatedCertificate;
let other: CreatedCertificate;
const closings: (() => Promise<void>)[] = [];

beforeAll(async () => {
  port = await freePort();
  address = `${HOST}:${port}`;
  [inviter, joiner, other] = (await Promise.all(['a', 'b', 'c'].map((name) => createCertificate(name)))) as [
    CreatedCertificate,
    CreatedCertificate,
    CreatedCertificate,
  ];
});
afterEach(async () => {
  nowMs = 0;
  for (const close of closings.splice(0)) await close();
});

function offer(): PairOffer {
  return {
    pairId: 'pair-1',
    pairName: 'shop',
    serverId: 'server-a',
    identity: 'primary',
    certificate: inviter.certificate,
    addresses: [address],
    epoch: 2,
    settingsVersion: 1,
    pairSettings: 'pair: shop\n',
  };
}

interface Inviting {
  readonly token: Token;
  readonly stored: JoinedServer[];
  readonly ended: Promise<InvitationEnd>;
}

async function begin(change: Partial<InvitationOptions> = {}): Promise<Inviting> {
  const stored: JoinedServer[] = [];
  let end: (result: InvitationEnd) => void = () => {};
  const ended = new Promise<InvitationEnd>((resolve) => {
    end = resolve;
  });
  const { invitation, close } = await invite({
    sockets: tlsSockets,
    own: inviter,
    listen: [{ host: HOST, port }],
    secrets: systemSecrets,
    clock,
    timers,
    offer: offer(),
    persist: async (server) => void stored.push(server),
    onEnd: (result) => end(result),
    ...change,
  });
  closings.push(close);
  return { token: decodeToken(invitation.token, systemSecrets), stored, ended };
}

function join(token: Token, change: Partial<JoinOptions> = {}): Promise<PairOffer> {
  return joinPair({
    sockets: tlsSockets,
    clock,
    timers,
    secrets: systemSecrets,
    own: joiner,
    token,
    self: { serverId: 'server-b', identity: 'secondary', addresses: ['127.0.0.1:2'] },
    persist: async () => {},
    ...change,
  });
}

function failsWith(code: string, reason?: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.code === code && (reason?.test(error.message) ?? true);
}

describe('pairing', () => {
  it('gives each server the certificate of the other, stored on both before either says done', async () => {
    const { token, stored, ended } = await begin();
    expect(token).toMatchObject({ pairName: 'shop', addresses: [address], fingerprint: inviter.fingerprint });
    const kept: PairOffer[] = [];
    const joined = await join(token, {
      persist: async (content) => {
        expect(stored).toEqual([]);
        kept.push(content);
      },
    });
    expect(joined).toEqual(offer());
    expect(kept).toEqual([joined]);
    expect(stored).toMatchObject([
      { serverId: 'server-b', identity: 'secondary', fingerprint: joiner.fingerprint, certificate: joiner.certificate },
    ]);
    expect(await ended).toMatchObject({ kind: 'joined', server: { serverId: 'server-b' } });
  });

  it('refuses a wrong secret, and ends after five wrong tries even for the right one', async () => {
    const { token, stored, ended } = await begin();
    const wrong = { ...token, secret: new Uint8Array(16) };
    for (let tries = 0; tries < 5; tries += 1) {
      await expect(join(wrong)).rejects.toSatisfy(failsWith('IDN-002', /waits for another/));
    }
    expect(await ended).toEqual({ kind: 'tooManyTries' });
    await expect(join(token)).rejects.toSatisfy(failsWith('IDN-002', /too many/));
    expect(stored).toEqual([]);
  });

  it('refuses a used token, except to the same server joining again', async () => {
    const { token } = await begin();
    await join(token);
    await expect(join(token, { own: other })).rejects.toSatisfy(failsWith('IDN-002', /used before/));
    expect(await join(token)).toEqual(offer());
  });

  it('refuses an expired token by the monotonic clock of the inviting server', async () => {
    const { token } = await begin();
    nowMs = 15 * 60 * 1000;
    await expect(join(token)).rejects.toSatisfy(failsWith('IDN-002', /expired/));
  });

  it('says that a token expired where nobody waits for it any more', async () => {
    const { token } = await begin();
    await closings.pop()?.();
    await expect(join(token)).rejects.toSatisfy(failsWith('IDN-005', /nothing listens there/));
    nowMs = 15 * 60 * 1000 + 1;
    await expect(join(token)).rejects.toSatisfy(failsWith('IDN-002', /expired/));
  });

  it('ends by itself when its life is over', async () => {
    const { ended } = await begin({ lifeMs: 5 });
    expect(await ended).toEqual({ kind: 'expired' });
  });

  it('does not give the pair away to a server with another certificate than the token names', async () => {
    const { token } = await begin();
    const failure = join({ ...token, fingerprint: other.fingerprint });
    await expect(failure).rejects.toSatisfy(failsWith('IDN-005', /not the one exchanged/));
  });

  it('refuses the same identity twice and a clone of the inviting server', async () => {
    const { token, stored } = await begin();
    const same = { serverId: 'server-b', identity: 'primary' as const, addresses: [] };
    await expect(join(token, { self: same })).rejects.toSatisfy(failsWith('CHN-006'));
    const clone = { serverId: 'server-a', identity: 'secondary' as const, addresses: [] };
    await expect(join(token, { self: clone })).rejects.toSatisfy(failsWith('IDN-006'));
    expect(stored).toEqual([]);
  });

  it.each([3, 4, 5])('is finished by itself when the connection is cut after %i messages', async (messages) => {
    const { token, stored } = await begin();
    const cutting = new CuttingSockets(messages);
    const kept: PairOffer[] = [];
    const joined = await join(token, { sockets: cutting, persist: async (content) => void kept.push(content) });
    expect(joined.pairId).toBe('pair-1');
    expect(new Set(stored.map((server) => server.serverId))).toEqual(new Set(['server-b']));
    expect(kept.length).toBeGreaterThan(0);
  });

  it('tells both when the inviting server cannot store the pair', async () => {
    const failure = new Error('disk full');
    const { token, ended } = await begin({ persist: () => Promise.reject(failure) });
    await expect(join(token)).rejects.toSatisfy(failsWith('IDN-005', /could not store/));
    expect(await ended).toEqual({ kind: 'failed', error: failure });
  });

  it('goes on after bytes that make no sense', async () => {
    const { token } = await begin();
    for (const bytes of [Buffer.alloc(64, 0xff), Buffer.concat([frameHeader(3), Buffer.from('{"x')]), nested()]) {
      const socket = await dial();
      const closed = new Promise((resolve) => socket.onClose(resolve));
      socket.onData(() => {});
      socket.write(bytes);
      await closed;
    }
    expect(await join(token)).toEqual(offer());
  });
});

/** At {@link HOST}, where nothing else gets it between two uses. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, HOST, () => {
      const bound = server.address();
      server.close(() => resolve(bound !== null && typeof bound === 'object' ? bound.port : 0));
    });
  });
}

function nested(): Uint8Array {
  const text = Buffer.from('['.repeat(60_000));
  return Buffer.concat([frameHeader(text.length), text]);
}

function dial(): Promise<SecureSocket> {
  const credentials = { key: other.key, certificate: other.certificate, trusted: [] };
  const options = { credentials, protocol: PAIRING_PROTOCOL, timeoutMs: 60_000, fingerprint: inviter.fingerprint };
  return new Promise((resolve, reject) => {
    tlsSockets.connect({ host: HOST, port }, options, (result) =>
      'socket' in result ? resolve(result.socket) : reject(result.error),
    );
  });
}

/** The real network; the first connection is cut after so many messages, counted on both ways together. */
class CuttingSockets implements Sockets {
  listen = tlsSockets.listen;
  #left: number;
  constructor(messages: number) {
    this.#left = messages;
  }
  connect: Sockets['connect'] = (to, options, onDone) =>
    tlsSockets.connect(to, options, (result) => {
      if ('error' in result || this.#left === 0) return onDone(result);
      const { socket } = result;
      const count = (): boolean => {
        this.#left -= 1;
        if (this.#left > 0) return false;
        socket.destroy();
        return true;
      };
      const write = socket.writeParts.bind(socket);
      socket.writeParts = (parts) => !count() && write(parts);
      const onData = socket.onData.bind(socket);
      socket.onData = (action) => onData((data) => count() || action(data));
      onDone({ socket });
    });
}
