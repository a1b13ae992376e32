import fs from 'node:fs';
import { join } from 'node:path';
import { type ControlMessage, decodeMessage, encodeMessage } from '../../src/channel/control-codec.ts';
import { CONTROL_BYTES_MAX, CONTROL_PROTOCOL, DATA_PROTOCOL } from '../../src/channel/framing.ts';
import type { IdentityFacts } from '../../src/identity/identity.ts';
import { frameHeader, FrameReader } from '../../src/kernel/frames.ts';
import type { SecureSocket, TlsCredentials } from '../../src/kernel/sockets.ts';
import { tlsSockets } from '../../src/system/network/tls-sockets.ts';
import type { TrialServer } from './server.ts';

const HOST = '127.0.0.1';
const HANDSHAKE_MS = 60_000;

/** Something with the certificate of a pair's server that does not behave like one. */
export class FakePeer implements AsyncDisposable {
  /** Codes with which it was refused. */
  readonly refusals: string[] = [];
  readonly #close: () => Promise<void>;

  private constructor(close: () => Promise<void>) {
    this.#close = close;
  }

  /** Takes the place of a server whose daemon does not run, and greets whoever connects. */
  static async listen(
    server: TrialServer,
    facts: { readonly protocol: { readonly min: number; readonly max: number } },
  ): Promise<FakePeer> {
    const sockets = new Set<SecureSocket>();
    const address = { host: HOST, port: server.place.channelPort };
    const options = { credentials: credentialsOf(server), protocols: [CONTROL_PROTOCOL], handshakeMs: HANDSHAKE_MS };
    const listener = await tlsSockets.listen(address, options, (socket) => {
      sockets.add(socket);
      const reader = new FrameReader(CONTROL_BYTES_MAX, (payload) => peer.#take(decodeMessage(payload)));
      socket.onData((data) => reader.take(data));
      socket.onClose(() => sockets.delete(socket));
      sendMessage(socket, { type: 'hello', facts, revision: 1, route: null });
    });
    const peer: FakePeer = new FakePeer(async () => {
      for (const socket of sockets) socket.destroy();
      await listener.close();
    });
    return peer;
  }

  /** Connects to `target` with the certificate of `server`; nothing is sent. */
  static connect(target: TrialServer, server: TrialServer, kind: 'control' | 'data'): Promise<SecureSocket> {
    const address = { host: HOST, port: target.place.channelPort };
    const protocol = kind === 'control' ? CONTROL_PROTOCOL : DATA_PROTOCOL;
    const options = { credentials: credentialsOf(server), protocol, timeoutMs: HANDSHAKE_MS };
    return new Promise((resolve, reject) => {
      tlsSockets.connect(address, options, (result) => {
        if ('socket' in result) resolve(result.socket);
        else reject(result.error);
      });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  #take(message: ControlMessage): void {
    if (message.type === 'refuse') this.refusals.push(String(message['code']));
  }
}

export function sendMessage(socket: SecureSocket, message: ControlMessage): void {
  const bytes = encodeMessage(message);
  socket.writeParts([frameHeader(bytes.length), bytes]);
}

function credentialsOf(server: TrialServer): TlsCredentials {
  const file = join(server.stateDirectory, 'identity.json');
  const { key, certificate, peer } = JSON.parse(fs.readFileSync(file, 'utf8')) as IdentityFacts;
  return { key, certificate, trusted: peer === null ? [] : [peer.certificate] };
}
