import { FrameReader, FrameViolation, frameHeader } from '../kernel/frames.ts';
import type { SecureSocket } from '../kernel/sockets.ts';
import { decodePairing, encodePairing } from './pairing-messages.ts';
import type { PairingMessage } from './pairing-messages.ts';

/** Messages of pairing on one connection. */
export class PairingConnection {
  readonly socket: SecureSocket;
  readonly #onEnd: (reason: string) => void;
  #isEnded = false;

  /** `onEnd` comes once, unless this side closed it first. */
  constructor(
    socket: SecureSocket,
    bytesMax: number,
    actions: { onMessage: (message: PairingMessage) => void; onEnd: (reason: string) => void },
  ) {
    this.socket = socket;
    this.#onEnd = actions.onEnd;
    const reader = new FrameReader(bytesMax, (payload) => {
      if (this.#isEnded) return;
      const message = decodePairing(payload);
      if (message === null) this.#fail('it sent what is no message of pairing');
      else actions.onMessage(message);
    });
    socket.onData((data) => {
      if (this.#isEnded) return;
      try {
        reader.take(data);
      } catch (error) {
        if (!(error instanceof FrameViolation)) throw error;
        this.#fail(`it sent ${error.message}`);
      }
    });
    socket.onClose((error) => this.#end(error === null ? 'it closed the connection' : error.message));
  }

  send(message: PairingMessage): void {
    if (this.#isEnded) return;
    const payload = encodePairing(message);
    this.socket.writeParts([frameHeader(payload.length), payload]);
  }

  /** Sends what is buffered, then closes. */
  close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.socket.end();
  }

  drop(): void {
    this.#isEnded = true;
    this.socket.destroy();
  }

  #fail(reason: string): void {
    this.socket.destroy();
    this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd(reason);
  }
}
