import { connect as netConnect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectFailure, SecureSocket, TlsCredentials } from '../../kernel/sockets.ts';
import { MIB } from '../../kernel/units.ts';
import { isProblem } from '../../problems/problem.ts';
import { createCertificate, fingerprintOf } from './certificates.ts';
import type { CreatedCertificate } from './certificates.ts';
import { tlsSockets } from './tls-sockets.ts';

const PROTOCOL = 'test/1';
/** What a handshake takes on a busy machine is no matter of these tests. */
const PATIENT_MS = 60_000;
const ANY_PORT = { host: '127.0.0.1', port: 0 };

let server: CreatedCertificate;
let client: CreatedCertificate;
let stranger: CreatedCertificate;
let listening: Awaited<ReturnType<typeof tlsSockets.listen>>;
let onConnection: (socket: SecureSocket) => void = () => {};

function credentials(own: CreatedCertificate, trusted: CreatedCertificate): TlsCredentials {
  return { key: own.key, certificate: own.certificate, trusted: [trusted.certificate] };
}

function dial(
  as: TlsCredentials,
  options: { port?: number; fingerprint?: string; protocol?: string; timeoutMs?: number } = {},
): Promise<SecureSocket | ConnectFailure> {
  const { port = listening.address.port, protocol = PROTOCOL, timeoutMs = PATIENT_MS, ...rest } = options;
  return new Promise((resolve) => {
    tlsSockets.connect({ host: '127.0.0.1', port }, { credentials: as, protocol, timeoutMs, ...rest }, (result) =>
      resolve('socket' in result ? result.socket : result.error),
    );
  });
}

beforeAll(async () => {
  [server, client, stranger] = await Promise.all([
    createCertificate('server'),
    createCertificate('client'),
    createCertificate('stranger'),
  ]);
  listening = await tlsSockets.listen(
    ANY_PORT,
    { credentials: credentials(server, client), protocols: [PROTOCOL], handshakeMs: PATIENT_MS },
    (socket) => onConnection(socket),
  );
});
afterAll(() => listening.close());

describe('TLS between two servers', () => {
  it('authenticates both and carries bytes both ways', async () => {
    const accepted = new Promise<SecureSocket>((resolve) => {
      onConnection = resolve;
    });
    const near = (await dial(credentials(client, server))) as SecureSocket;
    const far = await accepted;
    expect([near.authorized, far.authorized]).toEqual([true, true]);
    expect(near.peerFingerprint).toBe(server.fingerprint);
    expect(far.peerFingerprint).toBe(client.fingerprint);
    const echoed = new Promise<string>((resolve) => near.onData((data) => resolve(Buffer.from(data).toString())));
    far.onData((data) => far.writeParts([data, Buffer.from('!')]));
    near.write(Buffer.from('hello'));
    expect(await echoed).toMatch(/^hello/);
    const closed = new Promise((resolve) => far.onClose(resolve));
    near.end();
    expect(await closed).toBeNull();
  });

  it('sends much in the order in which it was written, all of it before the end, and gives each piece back once', async () => {
    const accepted = new Promise<SecureSocket>((resolve) => {
      onConnection = resolve;
    });
    const near = (await dial(credentials(client, server))) as SecureSocket;
    const far = await accepted;
    const came: Uint8Array[] = [];
    far.onData((data) => came.push(Buffer.from(data)));
    const pieces = Array.from({ length: 40 }, (_, piece) => Buffer.alloc(piece % 3 === 0 ? 50 : 300_000, piece));
    const done: number[] = [];
    const closed = new Promise((resolve) => far.onClose(resolve));
    for (const [piece, bytes] of pieces.entries()) near.write(bytes, () => done.push(piece));
    near.end();
    near.write(Buffer.from('too late'), () => done.push(-1));
    await closed;
    expect(Buffer.concat(came).equals(Buffer.concat(pieces))).toBe(true);
    expect(done).toEqual([-1, ...pieces.keys()]);
  });

  it('gives everything back that was written where the connection is dropped', async () => {
    onConnection = (socket) => socket.pause();
    const near = (await dial(credentials(client, server))) as SecureSocket;
    let done = 0;
    for (let piece = 0; piece < 40; piece += 1) near.write(Buffer.alloc(MIB), () => (done += 1));
    const closed = new Promise((resolve) => near.onClose(resolve));
    near.destroy();
    await closed;
    expect(done).toBe(40);
  });

  it('hands over a stranger as not authorized, with its fingerprint', async () => {
    const accepted = new Promise<SecureSocket>((resolve) => {
      onConnection = resolve;
    });
    const near = (await dial(credentials(stranger, server))) as SecureSocket;
    const far = await accepted;
    expect(far.authorized).toBe(false);
    expect(far.peerFingerprint).toBe(stranger.fingerprint);
    far.onData(() => {});
    near.destroy();
  });

  it('tells an untrusted server, a closed port and a wrong protocol apart', async () => {
    onConnection = (socket) => socket.onData(() => {});
    expect(await dial(credentials(client, stranger))).toMatchObject({ kind: 'untrusted' });
    expect(await dial(credentials(client, server), { fingerprint: stranger.fingerprint })).toMatchObject({
      kind: 'untrusted',
    });
    expect(await dial(credentials(client, server), { protocol: 'other/1' })).toMatchObject({ kind: 'otherProgram' });
    expect(await dial(credentials(client, server), { port: 1 })).toMatchObject({ kind: 'refused' });
  });

  it('accepts a server by its fingerprint alone, as pairing needs it', async () => {
    onConnection = (socket) => socket.onData(() => {});
    const near = await dial(credentials(client, stranger), { fingerprint: server.fingerprint });
    expect(near).toMatchObject({ authorized: false, peerFingerprint: server.fingerprint });
    (near as SecureSocket).destroy();
  });

  it('reports bytes that are no TLS and drops a client that says nothing', async () => {
    for (const [bytes, nonsense, handshakeMs] of [
      ['GET / HTTP/1.1\r\n\r\n', true, PATIENT_MS],
      ['', false, 50],
    ] as const) {
      const { promise: failed, resolve: onFailure } = Promise.withResolvers<unknown>();
      const other = await tlsSockets.listen(
        ANY_PORT,
        {
          credentials: credentials(server, client),
          protocols: [PROTOCOL],
          handshakeMs,
          onFailure: (_, failure) => onFailure(failure),
        },
        () => {},
      );
      const raw = netConnect(other.address.port, '127.0.0.1');
      raw.on('error', () => {});
      const closed = new Promise((resolve) => raw.once('close', resolve));
      raw.resume();
      raw.write(bytes);
      expect(await failed).toMatchObject({ nonsense });
      await closed;
      await other.close();
    }
  });

  it('names an address in use and one that is not of this machine', async () => {
    const options = { credentials: credentials(server, client), protocols: [PROTOCOL], handshakeMs: 300 };
    const inUse = tlsSockets.listen(listening.address, options, () => {});
    await expect(inUse).rejects.toSatisfy((error) => isProblem(error, 'CHN-001'));
    const foreign = tlsSockets.listen({ host: '192.0.2.1', port: 0 }, options, () => {});
    await expect(foreign).rejects.toSatisfy((error) => isProblem(error, 'CHN-002'));
  });
});

describe('a certificate', () => {
  it('is known by the SHA-256 of its DER form', () => {
    expect(server.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprintOf(server.certificate)).toBe(server.fingerprint);
    expect(server.fingerprint).not.toBe(client.fingerprint);
  });
});
