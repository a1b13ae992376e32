import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, connect as tlsConnect } from 'node:tls';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { Cancel } from '../kernel/clock.ts';
import { ConnectFailure, formatAddress } from '../kernel/sockets.ts';
import type { Address, SecureSocket, Sockets, TlsCredentials } from '../kernel/sockets.ts';
import { Problem } from '../problems/problem.ts';
import { fingerprintOf } from './certificates.ts';
import { TlsSecureSocket } from './tls-secure-socket.ts';

/** Connections that may be within their handshake at one time; further ones are dropped at once. */
const PENDING_MAX = 32;
/** AES-128 first: the fastest of the three where the processor has AES instructions. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';
/** Keep-alive of TCP starts after this silence; the deadlines proper are the owner's. */
const KEEP_ALIVE_MS = 10_000;
/** How long a peer may take to read what was sent last. */
const CLOSE_MS = 500;

type ListenOptions = Parameters<Sockets['listen']>[1];
type ConnectOptions = Parameters<Sockets['connect']>[1];
type ConnectDone = Parameters<Sockets['connect']>[2];

/**
 * TLS 1.3 (RFC 8446) with certificates on both sides. Whom to trust is decided by the certificate's
 * fingerprint; host names are not looked at.
 */
export const tlsSockets: Sockets = { listen, connect };

async function listen(
  address: Address,
  options: ListenOptions,
  onConnection: (socket: SecureSocket) => void,
): Promise<{ address: Address; close(): Promise<void> }> {
  const trusted = trustedFingerprints(options.credentials);
  const server = createServer({
    ...commonOptions(options.credentials),
    ALPNProtocols: [...options.protocols],
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: options.handshakeMs,
    noDelay: true,
  });
  const pending = new Set<Socket>();
  const open = new Set<TLSSocket>();
  server.on('connection', (raw: Socket) => {
    if (pending.size >= PENDING_MAX) {
      raw.destroy();
      return;
    }
    pending.add(raw);
    raw.once('close', () => pending.delete(raw));
  });
  server.on('secureConnection', (socket) => {
    for (const raw of pending) if (sameRemote(raw, socket)) pending.delete(raw);
    if (!options.protocols.includes(socket.alpnProtocol || '')) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const fingerprint = peerFingerprint(socket);
    onConnection(
      new TlsSecureSocket(socket, { fingerprint, authorized: socket.authorized && trusted.has(fingerprint) }),
    );
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const code = error.code ?? '';
    const remote = { host: socket.remoteAddress ?? remoteOf(pending), port: socket.remotePort ?? 0 };
    socket.destroy();
    options.onFailure?.(remote, { reason: failureReason(error), nonsense: code.startsWith('ERR_SSL') });
  });
  await new Promise<void>((resolve, reject) => {
    // Stays for good: a later failure to accept (too many open files) must not end the process.
    server.on('error', (error: NodeJS.ErrnoException) => {
      reject(listenProblem(address, error));
      options.onFailure?.(address, { reason: failureReason(error), nonsense: false });
    });
    server.listen({ host: bareHost(address.host), port: address.port }, resolve);
  });
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : address.port;
  return {
    address: { host: address.host, port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const raw of pending) raw.destroy();
        for (const socket of open) closeSoon(socket);
      }),
  };
}

function connect(address: Address, options: ConnectOptions, onDone: ConnectDone): Cancel {
  const trusted = trustedFingerprints(options.credentials);
  let done = false;
  const tlsOptions = {
    ...commonOptions(options.credentials),
    host: bareHost(address.host),
    port: address.port,
    ALPNProtocols: [options.protocol],
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  };
  const socket = tlsConnect(tlsOptions);
  const timer = setTimeout(
    () => fail(new ConnectFailure('timedOut', `did not answer within ${options.timeoutMs} ms`)),
    options.timeoutMs,
  );
  const onError = (error: Error): void => fail(connectFailure(error));
  const onClose = (): void =>
    fail(new ConnectFailure('rejected', 'closed the connection before the handshake was done'));
  socket.on('error', onError);
  socket.on('close', onClose);
  function finish(): boolean {
    if (done) return false;
    done = true;
    clearTimeout(timer);
    return true;
  }
  function fail(failure: ConnectFailure): void {
    if (!finish()) return;
    socket.destroy();
    onDone({ error: failure });
  }
  socket.once('secureConnect', () => {
    if (done) return;
    const fingerprint = peerFingerprint(socket);
    const pinned = options.fingerprint;
    const authorized = socket.authorized && trusted.has(fingerprint);
    if (pinned === undefined ? !authorized : fingerprint !== pinned) {
      fail(new ConnectFailure('untrusted', untrustedReason(fingerprint, socket)));
      return;
    }
    if (socket.alpnProtocol !== options.protocol) {
      fail(new ConnectFailure('rejected', 'does not speak the protocol of this release'));
      return;
    }
    finish();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const secure = new TlsSecureSocket(socket, { fingerprint, authorized });
    socket.off('error', onError);
    socket.off('close', onClose);
    onDone({ socket: secure });
  });
  return () => {
    if (finish()) socket.destroy();
  };
}

/** Sends what is buffered first, as far as the peer takes it soon. */
function closeSoon(socket: TLSSocket): void {
  socket.destroySoon();
  const timer = setTimeout(() => socket.destroy(), CLOSE_MS);
  socket.once('close', () => clearTimeout(timer));
}

function commonOptions(credentials: TlsCredentials): SecureContextOptions {
  return {
    key: credentials.key,
    cert: credentials.certificate,
    ca: [...credentials.trusted],
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
  };
}

function trustedFingerprints(credentials: TlsCredentials): ReadonlySet<string> {
  return new Set(credentials.trusted.map(fingerprintOf));
}

/** Empty where the peer showed none. */
function peerFingerprint(socket: TLSSocket): string {
  const raw = socket.getPeerCertificate()?.raw;
  return raw === undefined ? '' : createHash('sha256').update(raw).digest('hex');
}

function untrustedReason(fingerprint: string, socket: TLSSocket): string {
  if (fingerprint === '') return 'it showed no certificate';
  const shown = `it showed the certificate ${fingerprint.slice(0, 16)}…, which is not the one exchanged`;
  const why = socket.authorizationError;
  return why === undefined || why === null ? shown : `${shown} (${String(why)})`;
}

function connectFailure(error: NodeJS.ErrnoException): ConnectFailure {
  switch (error.code) {
    case 'ECONNREFUSED':
      return new ConnectFailure('refused', 'refused the connection: nothing listens there', { cause: error });
    case 'ETIMEDOUT':
      return new ConnectFailure('timedOut', 'did not answer', { cause: error });
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return new ConnectFailure('unreachable', `has no way to it (${error.code})`, { cause: error });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConnectFailure('unreachable', 'has a name that cannot be resolved', { cause: error });
    case 'ECONNRESET':
      return new ConnectFailure('rejected', 'closed the connection before the handshake was done', { cause: error });
    default:
      if (error.code?.startsWith('ERR_SSL') || error.code === 'EPROTO') {
        return new ConnectFailure('rejected', `broke off the TLS handshake (${failureReason(error)})`, {
          cause: error,
        });
      }
      return new ConnectFailure('failed', `could not be connected to (${failureReason(error)})`, { cause: error });
  }
}

/** OpenSSL's short reason where it gave one, else the error's code or text. */
function failureReason(error: NodeJS.ErrnoException & { reason?: string }): string {
  return error.reason ?? error.code ?? error.message;
}

function listenProblem(address: Address, error: NodeJS.ErrnoException): Problem {
  const text = formatAddress(address);
  if (error.code === 'EADDRINUSE') return new Problem('CHN-001', { address: text }, { cause: error });
  return new Problem('CHN-002', { address: text, reason: error.code ?? error.message }, { cause: error });
}

function sameRemote(a: Socket, b: Socket): boolean {
  return a.remotePort === b.remotePort && a.remoteAddress === b.remoteAddress;
}

/** Node wants an IPv6 address without its brackets. */
function bareHost(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function remoteOf(pending: ReadonlySet<Socket>): string {
  for (const raw of pending) if (raw.remoteAddress !== undefined) return raw.remoteAddress;
  return 'an unknown address';
}
