import {
  MessageChannel,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  type Transferable,
  Worker,
  workerData,
} from 'node:worker_threads';
import { keepCompiled } from '../native/memory.ts';

/** Short-lived objects of a thread: more would only let garbage pile up longer. */
const YOUNG_MEMORY_MIB = 6;
/** What a thread that is to end may take to load its modules first. */
const LOAD_MS_MAX = 10_000;

/** What a thread gets from its starter. */
interface Start {
  readonly data: unknown;
  /** One number: {@link LOADED} once all modules of the thread are. */
  readonly loaded: Int32Array<SharedArrayBuffer>;
}

const LOADED = 1;

/** A thread of this process, as its starter sees it. */
export interface Thread<In, Out> {
  post(message: In, transfer?: readonly Transferable[]): void;
  onMessage(action: (message: Out) => void): void;
  /** Once, however it ended; `error` is null where it ended by itself. */
  onEnd(action: (error: Error | null) => void): void;
  /** Ends it, whatever it does; only its modules are loaded first, for a native one that is cut off in that ends the whole process. */
  terminate(): Promise<void>;
}

/** Starts a module as a thread. @param data - what {@link threadData} gives there. */
export function startThread<In, Out>(
  module: URL,
  data: unknown,
  transfer: readonly Transferable[] = [],
): Thread<In, Out> {
  const loaded = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const start: Start = { data, loaded };
  const worker = new Worker(module, {
    workerData: start,
    transferList: [...transfer],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEMORY_MIB },
  });
  return {
    post: (message, moved = []) => worker.postMessage(message, [...moved]),
    onMessage: (action) => {
      worker.on('message', action);
    },
    onEnd: (action) => {
      let failure: Error | null = null;
      worker.on('error', (error: unknown) => {
        failure = error instanceof Error ? error : new Error(String(error));
      });
      worker.once('exit', () => action(failure));
    },
    terminate: async () => {
      const ended = new Promise((done) => worker.once('exit', done));
      await Promise.race([Atomics.waitAsync(loaded, 0, 0, LOAD_MS_MAX).value, ended]);
      await worker.terminate();
    },
  };
}

/** What this thread was started with; to be asked once all its modules are loaded. */
export function threadData<Data>(): Data {
  keepCompiled();
  sayLoaded();
  return (workerData as Start).data as Data;
}

/** This thread's line to its starter. */
export function starterPort(): MessagePort {
  if (parentPort === null) throw new Error('this module runs as a thread only');
  sayLoaded();
  return parentPort;
}

/** Code of a module runs once all that it imports is loaded. */
function sayLoaded(): void {
  const { loaded } = workerData as Start;
  Atomics.store(loaded, 0, LOADED);
  Atomics.notify(loaded, 0);
}

/** Two ends of a line between two threads. */
export function portPair(): readonly [MessagePort, MessagePort] {
  const { port1, port2 } = new MessageChannel();
  return [port1, port2];
}

/** Reads a port without turning an event loop, for a thread that sleeps in a system call of its own. */
export class PortInbox<Message> {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** @returns undefined when empty. */
  take(): Message | undefined {
    return receiveMessageOnPort(this.#port)?.message as Message | undefined;
  }
}

export type { MessagePort };
