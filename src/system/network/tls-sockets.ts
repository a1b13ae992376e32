import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, connect as tlsConnect } from 'node:tls';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { Cancel } from '../../kernel/clock.ts';
import { ConnectFailure, formatAddress } from '../../kernel/sockets.ts';
import type { Address, SecureSocket, Sockets, TlsCredentials } from '../../kernel/sockets.ts';
import { Problem } from '../../problems/problem.ts';
import { fingerprintOf } from './certificates.ts';
import { listenerAt } from './port-listener.ts';
import { TlsSecureSocket } from './tls-secure-socket.ts';

/** Connections that may be within their handshake at one time; further ones are dropped at once. */
const PENDING_MAX = 32;
/** AES-128 first: the fastest of the three where the processor has AES instructions. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';
/** Keep-alive of TCP starts after this silence; the deadlines proper are the owner's. */
const KEEP_ALIVE_MS = 10_000;
/** How long a peer may take to read what was sent last. */
const CLOSE_MS = 500;
/** Of a certificate, for people. */
const NAME_LENGTH_MAX = 64;

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
    onConnection(new TlsSecureSocket(socket, proofOf(socket, trusted)));
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
    const proof = proofOf(socket, trusted);
    const refusal = refusalOf(socket, proof, options);
    if (refusal !== null) {
      fail(refusal);
      return;
    }
    finish();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const secure = new TlsSecureSocket(socket, proof);
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

type Proof = ConstructorParameters<typeof TlsSecureSocket>[1];

/** OpenSSL's words for a certificate that is none now (verify(1)). */
const OUT_OF_TIME: readonly string[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

function proofOf(socket: TLSSocket, trusted: ReadonlySet<string>): Proof {
  const fingerprint = peerFingerprint(socket);
  const isKnown = trusted.has(fingerprint);
  const isOutOfTime = isKnown && !socket.authorized && OUT_OF_TIME.includes(String(socket.authorizationError));
  return { fingerprint, authorized: socket.authorized && isKnown, isOutOfTime };
}

/** Why a connection whose handshake is done is not to be had; null where it is. */
function refusalOf(socket: TLSSocket, proof: Proof, options: ConnectOptions): ConnectFailure | null {
  const { fingerprint, authorized, isOutOfTime } = proof;
  const isMeant = options.fingerprint === undefined ? authorized : fingerprint === options.fingerprint;
  if (isMeant && socket.alpnProtocol === options.protocol) return null;
  if (isMeant || socket.alpnProtocol !== options.protocol) {
    return new ConnectFailure('otherProgram', 'does not speak the protocol of this release');
  }
  if (!isOutOfTime) return new ConnectFailure('untrusted', untrustedReason(fingerprint, socket));
  const { valid_from: from, valid_to: to } = socket.getPeerCertificate();
  return new ConnectFailure('expired', `showed its certificate, which is valid from ${from} to ${to}`);
}

function untrustedReason(fingerprint: string, socket: TLSSocket): string {
  if (fingerprint === '') return 'it showed no certificate';
  const name = String(socket.getPeerCertificate().subject?.CN ?? '').replace(/[^ -~]/g, '?');
  const whose = name === '' ? '' : ` of "${name.slice(0, NAME_LENGTH_MAX)}"`;
  const shown = `it showed the certificate ${fingerprint.slice(0, 16)}…${whose}, which is not the one exchanged`;
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
      return new ConnectFailure('unreachable', `is not reachable from here (${error.code})`, { cause: error });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConnectFailure('unreachable', 'has a name that cannot be resolved', { cause: error });
    case 'ECONNRESET':
      return new ConnectFailure('rejected', 'closed the connection before the handshake was done', { cause: error });
    default:
      if (isOtherProgram(error)) {
        const reason = `does not speak TLS as Understudy does (${failureReason(error)})`;
        return new ConnectFailure('otherProgram', reason, { cause: error });
      }
      if (error.code?.startsWith('ERR_SSL') || error.code === 'EPROTO') {
        return new ConnectFailure('rejected', `broke off the TLS handshake (${failureReason(error)})`, {
          cause: error,
        });
      }
      return new ConnectFailure('failed', `could not be connected to (${failureReason(error)})`, { cause: error });
  }
}

/** What answers speaks no TLS, an older one only, or none of our protocols within it. */
function isOtherProgram(error: NodeJS.ErrnoException): boolean {
  return /WRONG_VERSION|PACKET_LENGTH|NO_APPLICATION_PROTOCOL|UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|HTTP_REQUEST|BAD_RECORD_TYPE|UNEXPECTED_MESSAGE/.test(
    error.code ?? '',
  );
}

/** OpenSSL's short reason where it gave one, else the error's code or text. */
function failureReason(error: NodeJS.ErrnoException & { reason?: string }): string {
  return error.reason ?? error.code ?? error.message;
}

function listenProblem(address: Address, error: NodeJS.ErrnoException): Problem {
  const text = formatAddress(address);
  if (error.code === 'EADDRINUSE') {
    return new Problem('CHN-001', { address: text, holder: holderOf(address.port) }, { cause: error });
  }
  return new Problem('CHN-002', { address: text, reason: error.code ?? error.message }, { cause: error });
}

function holderOf(port: number): string {
  const found = listenerAt(port);
  if (found === null) return 'one that could not be found';
  const unit = found.unit === null ? '' : `, unit ${found.unit}`;
  return `${found.name} (process ${found.processId}${unit})`;
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
