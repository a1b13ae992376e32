import { slotMemory } from './frame-slots.ts';
import { gaugeMemory } from './link-gauge.ts';
import type { MessagePort, Thread } from '../../system/processes/threads.ts';
import { wake } from '../../system/native/wake.ts';
import type { FromStream, StreamStart, ToStream } from './thread-messages.ts';
import { WorkerLife } from './worker-life.ts';

/** The stream worker as the daemon's main thread sees it. */
export interface StreamThread {
  /** @returns false when it has ended. */
  post(message: ToStream): boolean;
  /** Everything durable, then ended. */
  stop(): Promise<void>;
  /** Where the channel worker sends and gets data frames. */
  readonly linkPort: MessagePort;
  readonly frames: FrameLines;
  /** Writing it wakes the worker. */
  readonly wakeDescriptor: number;
}

/** Memory of the frames on their way between the channel worker and the stream worker. */
export interface FrameLines {
  readonly toStream: SharedArrayBuffer;
  readonly fromStream: SharedArrayBuffer;
  /** Of those from it: how much has not left yet. */
  readonly gauge: SharedArrayBuffer;
}

/** What the stream worker is started with: its settings and its two lines. */
export interface StreamThreadData {
  readonly start: StreamStart;
  readonly requests: MessagePort;
  readonly link: MessagePort;
  readonly frames: FrameLines;
  /** An eventfd of this process; closed by the starter. */
  readonly wakeDescriptor: number;
}

const STOP_WAIT_MS = 20_000;

/** Starts the worker. `onMessage` also hears `failed` when it ends unasked. */
export function startStreamThread(options: {
  readonly start: StreamStart;
  readonly onMessage: (message: FromStream) => void;
  readonly startThread: (data: StreamThreadData, transfer: readonly MessagePort[]) => Thread<never, FromStream>;
  readonly portPair: () => readonly [MessagePort, MessagePort];
  readonly openWake: () => number;
  readonly closeWake: (descriptor: number) => void;
  readonly after: (delayMs: number, action: () => void) => () => void;
}): StreamThread {
  const [requests, requestsThere] = options.portPair();
  const [link, linkThere] = options.portPair();
  const wakeDescriptor = options.openWake();
  const frames: FrameLines = { toStream: slotMemory(), fromStream: slotMemory(), gauge: gaugeMemory() };
  const data: StreamThreadData = {
    start: options.start,
    requests: requestsThere,
    link: linkThere,
    frames,
    wakeDescriptor,
  };
  const thread = options.startThread(data, [requestsThere, linkThere]);
  const life = new WorkerLife<FromStream>(thread, {
    onMessage: options.onMessage,
    onGone: () => {
      requests.close();
      options.closeWake(wakeDescriptor);
    },
    after: options.after,
  });
  const post = (message: ToStream): boolean => {
    if (life.isOver) return false;
    requests.postMessage(message);
    wake(wakeDescriptor);
    return true;
  };
  return {
    post,
    stop: async () => await life.stop(() => void post({ kind: 'stop' }), STOP_WAIT_MS),
    linkPort: link,
    frames,
    wakeDescriptor,
  };
}
