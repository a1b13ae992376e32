import {
  MessageChannel,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  type Transferable,
  Worker,
  workerData,
} from 'node:worker_threads';
import { giveBackCallsMemory, takeCallsMemory } from '../native/c-library.ts';
import { keepCompiled } from '../native/memory.ts';

/** Short-lived objects of a thread: more would only let garbage pile up longer. */
const YOUNG_MEMORY_MIB = 6;
/** What a thread that is to end may take to load its modules first. */
const LOAD_MS_MAX = 10_000;

/** What a thread gets from its starter. */
interface Start {
  /** Left out where it comes as a message, once {@link GIVEN}. */
  readonly data?: unknown;
  /** Two words: {@link LOADED} and {@link GIVEN}, 1 once it is so. */
  readonly states: Int32Array<SharedArrayBuffer>;
  /** For native/c-library.ts. */
  readonly callsMemory: number;
}

/** All modules of the thread are loaded. */
const LOADED = 0;
/** What it is to work on was sent to a thread that was loaded ahead. */
const GIVEN = 1;
/** The number of a thread that is no more. */
const ENDED = -1;

/** Threads that load their modules, or have, and were not given anything yet. By their module. */
const ahead = new Map<string, Begun[]>();

interface Begun {
  readonly worker: Worker;
  readonly states: Int32Array<SharedArrayBuffer>;
}

function begin(module: URL, given: Pick<Start, 'data'>, transfer: readonly Transferable[]): Begun {
  const states = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const callsMemory = takeCallsMemory();
  const start: Start = { ...given, states, callsMemory };
  const worker = new Worker(module, {
    workerData: start,
    transferList: [...transfer],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEMORY_MIB },
  });
  worker.once('exit', () => giveBackCallsMemory(callsMemory));
  return { worker, states };
}

/** Has a thread load its modules beside whatever else is done: the next {@link startThread} of the module finds it so. */
export function loadThreadAhead(module: URL): void {
  const begun = begin(module, {}, []);
  // Where it fails, whoever starts the thread does it anew and hears of it.
  begun.worker.on('error', () => {});
  ahead.set(module.href, [...(ahead.get(module.href) ?? []), begun]);
}

function takeAhead(module: URL): Begun | undefined {
  const all = ahead.get(module.href) ?? [];
  let begun = all.shift();
  while (begun?.worker.threadId === ENDED) begun = all.shift();
  return begun;
}

/** Ends threads that were loaded ahead and that nobody started. */
export async function endThreadsAhead(): Promise<void> {
  const all = [...ahead.values()].flat();
  ahead.clear();
  await Promise.all(all.map(end));
}

async function end({ worker, states }: Begun): Promise<void> {
  const ended = new Promise((done) => worker.once('exit', done));
  await Promise.race([Atomics.waitAsync(states, LOADED, 0, LOAD_MS_MAX).value, ended]);
  await worker.terminate();
}

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
  const loaded = takeAhead(module);
  const begun = loaded ?? begin(module, { data }, transfer);
  const { worker } = begun;
  if (loaded !== undefined) {
    worker.postMessage(data, [...transfer]);
    Atomics.store(loaded.states, GIVEN, 1);
    Atomics.notify(loaded.states, GIVEN);
  }
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
    terminate: () => end(begun),
  };
}

/** What this thread was started with; to be asked once all its modules are loaded. */
export function threadData<Data>(): Data {
  keepCompiled();
  sayLoaded();
  const start = workerData as Start;
  if ('data' in start) return start.data as Data;
  Atomics.wait(start.states, GIVEN, 0);
  return receiveMessageOnPort(starterPort())?.message as Data;
}

/** This thread's line to its starter. */
export function starterPort(): MessagePort {
  if (parentPort === null) throw new Error('this module runs as a thread only');
  sayLoaded();
  return parentPort;
}

/** Code of a module runs once all that it imports is loaded. */
function sayLoaded(): void {
  const { states } = workerData as Start;
  Atomics.store(states, LOADED, 1);
  Atomics.notify(states, LOADED);
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
