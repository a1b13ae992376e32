import { createConnection, type Socket } from 'node:net';
import { type BusCall, BusError, type BusValue, type MessageBus, type OpenBus } from '../../kernel/message-bus.ts';
import { type BusMessage, decodeMessage, encodeMessage, MalformedMessage, messageLength } from './dbus-codec.ts';

const SYSTEM_BUS = '/run/dbus/system_bus_socket';
const CONNECT_MS = 5_000;
/** Far longer than the bus takes; who stops a service does not wait in the call. */
const ANSWER_MS = 10_000;
const CALLS_MAX = 1_000;
const LOGIN_BYTES_MAX = 4_096;
const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;
const TYPES = { call: 1, answer: 2, error: 3, signal: 4 } as const;

interface Waiting {
  readonly done: (body: readonly BusValue[]) => void;
  readonly failed: (error: BusError) => void;
  readonly late: NodeJS.Timeout;
}

/** Connects to the message bus of this machine (D-Bus). */
export const openSystemBus: OpenBus = async (on) => {
  const socket = await connected(SYSTEM_BUS);
  const bus = new Connection(socket, on);
  try {
    await bus.logIn();
  } catch (error) {
    bus.close();
    throw error;
  }
  return bus;
};

class Connection implements MessageBus {
  readonly #socket: Socket;
  readonly #on: Parameters<OpenBus>[0];
  readonly #waiting = new Map<number, Waiting>();
  #serial = 0;
  #bytes: Buffer = Buffer.alloc(0);
  /** Told once the bus lets us in; null from then on. */
  #letIn: { done: () => void; failed: (error: BusError) => void } | null = null;
  #isOpen = true;

  constructor(socket: Socket, on: Parameters<OpenBus>[0]) {
    this.#socket = socket;
    this.#on = on;
    socket.on('data', (bytes: Buffer) => this.#came(bytes));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('the bus closed the connection'));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async logIn(): Promise<void> {
    const user = Buffer.from(String(process.getuid?.() ?? 0), 'latin1').toString('hex');
    await new Promise<void>((done, failed) => {
      this.#letIn = { done, failed };
      this.#socket.write(`\0AUTH EXTERNAL ${user}\r\n`);
    });
    this.#socket.write('BEGIN\r\n');
    await this.call({ ...BUS, member: 'Hello' });
  }

  call(call: BusCall): Promise<readonly BusValue[]> {
    if (!this.#isOpen) return Promise.reject(new BusError('Disconnected', 'the connection to the bus is over'));
    if (this.#waiting.size >= CALLS_MAX) return Promise.reject(new BusError('Busy', 'too many calls wait for answers'));
    const serial = (this.#serial += 1);
    const { destination, path, interface: face, member, signature = '', body = [] } = call;
    const fields = { destination, path, interface: face, member };
    this.#socket.write(encodeMessage({ type: TYPES.call, flags: 0, serial, fields, signature, body }));
    return new Promise((done, failed) => {
      const late = setTimeout(() => {
        this.#waiting.delete(serial);
        failed(new BusError('Timeout', `${member} was not answered within ${ANSWER_MS / 1000} s`));
      }, ANSWER_MS);
      this.#waiting.set(serial, { done, failed, late });
    });
  }

  async addMatch(rule: string): Promise<void> {
    await this.call({ ...BUS, member: 'AddMatch', signature: 's', body: [rule] });
  }

  close(): void {
    this.#isOpen = false;
    this.#giveUp('it was closed');
    this.#socket.destroy();
  }

  #came(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    try {
      if (this.#letIn !== null && !this.#readLogin(this.#letIn)) return;
      for (;;) {
        const length = messageLength(this.#bytes);
        if (length === null || this.#bytes.length < length) return;
        const message = decodeMessage(this.#bytes.subarray(0, length));
        this.#bytes = this.#bytes.subarray(length);
        this.#received(message);
      }
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#end(`the bus sent what can't be read: ${error.message}`);
    }
  }

  /** @returns whether what follows are messages. */
  #readLogin(letIn: { done: () => void; failed: (error: BusError) => void }): boolean {
    const end = this.#bytes.indexOf('\r\n');
    if (end < 0 && this.#bytes.length <= LOGIN_BYTES_MAX) return false;
    const line = this.#bytes.subarray(0, Math.max(end, 0)).toString('latin1');
    this.#bytes = this.#bytes.subarray(end + 2);
    this.#letIn = null;
    if (line.startsWith('OK')) letIn.done();
    else letIn.failed(new BusError('AccessDenied', `the bus refused this process: ${line}`));
    return true;
  }

  #received({ type, fields, body }: BusMessage): void {
    if (type === TYPES.signal) {
      const [path, face, member] = [fields.path, fields.interface, fields.member].map((field) => String(field ?? ''));
      this.#on.signal({ path: path as string, interface: face as string, member: member as string, body });
      return;
    }
    const waiting = this.#waiting.get(Number(fields.replySerial));
    if (waiting === undefined || (type !== TYPES.answer && type !== TYPES.error)) return;
    this.#waiting.delete(Number(fields.replySerial));
    clearTimeout(waiting.late);
    if (type === TYPES.answer) waiting.done(body);
    else waiting.failed(new BusError(String(fields.errorName ?? ''), String(body[0] ?? '')));
  }

  #end(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#giveUp(reason);
    this.#socket.destroy();
    this.#on.ended(reason);
  }

  #giveUp(reason: string): void {
    this.#letIn?.failed(new BusError('Disconnected', reason));
    this.#letIn = null;
    for (const { failed, late } of this.#waiting.values()) {
      clearTimeout(late);
      failed(new BusError('Disconnected', reason));
    }
    this.#waiting.clear();
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((done, failed) => {
    const socket = createConnection({ path });
    const late = setTimeout(() => socket.destroy(new Error('it does not answer')), CONNECT_MS);
    socket.once('connect', () => {
      clearTimeout(late);
      done(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(late);
      failed(new BusError('Unreachable', `${path}: ${error.message}`));
    });
  });
}
