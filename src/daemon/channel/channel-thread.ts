import type { MessagePort, Thread } from '../../system/processes/threads.ts';
import { fromData, Problem } from '../../problems/problem.ts';
import type { ChannelStart, FromChannel, ToChannel } from './channel-messages.ts';
import type { FrameLines, StreamThread } from '../stream/stream-thread.ts';
import { WorkerLife } from '../stream/worker-life.ts';

/** The channel worker as the daemon's main thread sees it. */
export interface ChannelThread {
  /** Resolves when it listens. Rejects with Problem CHN-001 or CHN-002. */
  readonly listening: Promise<void>;
  /** @returns false when there is nobody to send it. */
  post(message: ToChannel): boolean;
  /** Data frames go to and come from this stream worker from now on. */
  connectStream(stream: StreamThread): void;
  stop(): Promise<void>;
}

/** Hands the channel worker its line to a stream worker. */
export interface StreamLine {
  readonly kind: 'stream';
  readonly port: MessagePort;
  readonly frames: FrameLines;
  readonly wakeDescriptor: number;
}

const STOP_WAIT_MS = 5000;

/** Starts the worker. */
export function startChannelThread(options: {
  readonly start: ChannelStart;
  readonly onMessage: (message: FromChannel) => void;
  readonly startThread: (data: ChannelStart) => Thread<ToChannel | StreamLine, FromChannel>;
  readonly after: (delayMs: number, action: () => void) => () => void;
}): ChannelThread {
  const thread = options.startThread(options.start);
  let connected = false;
  let listens: { done: () => void; failed: (error: Error) => void } | null = null;
  const listening = new Promise<void>((done, failed) => {
    listens = { done, failed };
  });
  const life = new WorkerLife<FromChannel>(thread, {
    onMessage: (message) => {
      if (message.kind === 'listening') listens?.done();
      if (message.kind === 'failed') listens?.failed(errorOf(message));
      if (message.kind === 'sessionUp') connected = true;
      if (message.kind === 'sessionDown') connected = false;
      options.onMessage(message);
    },
    onGone: () => undefined,
    after: options.after,
  });
  return {
    listening,
    post: (message) => {
      if (life.isOver || (message.kind === 'send' && !connected)) return false;
      thread.post(message);
      return true;
    },
    connectStream: (stream) => {
      const { linkPort: port, frames, wakeDescriptor } = stream;
      if (!life.isOver) thread.post({ kind: 'stream', port, frames, wakeDescriptor }, [port]);
    },
    stop: async () => await life.stop(() => thread.post({ kind: 'stop' }), STOP_WAIT_MS),
  };
}

function errorOf(message: Extract<FromChannel, { kind: 'failed' }>): Error {
  const problem = message.problem === null ? null : fromData(message.problem);
  return problem ?? new Problem('DMN-003', { reason: message.text });
}
