import type { Status } from '../../api/status.ts';
import type { Cancel, Timers } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { ProblemCode } from '../../problems/problem.ts';
import type { FromChannel, ToChannel } from './channel-messages.ts';
import type { ChannelThread } from './channel-thread.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import type { StreamThread } from '../stream/stream-thread.ts';
import { WorkerFindings } from '../status/worker-findings.ts';

type Failed = Extract<FromChannel, { kind: 'failed' }>;

/** A channel worker that failed is started again after this long. */
const RESTART_MS = 2000;
/** One that listens for so long is taken to be well again, and has told by then what it has to tell. */
const STEADY_MS = 4000;
/** What a finding about the worker itself is about; the stream worker's has no item. */
const CHANNEL = 'channel';
const NO_CHANNEL: Status['channel'] = { status: 'Not connected', routes: [] };

export interface ChannelKeeperOptions {
  readonly timers: Timers;
  readonly log: Log;
  readonly findings: Pick<FindingBoard, 'raise' | 'clear' | 'clearAll'>;
  readonly startChannel: (onMessage: (message: FromChannel) => void) => ChannelThread;
  /** All that a worker says, but that the first one listens; and in its place that the two are apart once it has failed. */
  readonly on: (message: FromChannel) => void;
}

/** The life of the channel worker: one at a time, started again when it fails. */
export class ChannelKeeper {
  readonly #options: ChannelKeeperOptions;
  readonly #findings: WorkerFindings;
  #thread: ChannelThread | null = null;
  #status = NO_CHANNEL;
  #isConnected = false;
  #everConnected = false;
  /** The first one listened: whatever fails now does not end the daemon. */
  #hasBegun = false;
  #isStopping = false;
  #failedOn: ProblemCode | null = null;
  /** Of the worker before: its ports have to be free. */
  #ended = Promise.resolve();
  #cancel: Cancel | null = null;

  constructor(options: ChannelKeeperOptions) {
    this.#options = options;
    this.#findings = new WorkerFindings(options.findings);
  }

  /** As the worker told it last. */
  get status(): Status['channel'] {
    return this.#status;
  }

  get everConnected(): boolean {
    return this.#everConnected;
  }

  /** Resolves when it listens. @throws Problem CHN-001, CHN-002, DMN-003 */
  async start(): Promise<void> {
    await this.#begin().listening;
    this.#hasBegun = true;
  }

  /** @returns false when there is nobody to send it. */
  post(message: ToChannel): boolean {
    return this.#thread?.post(message) ?? false;
  }

  /** Data frames go to and come from this stream worker from now on. */
  connectStream(stream: StreamThread): void {
    this.#thread?.connectStream(stream);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancel?.();
    await this.#ended;
    await this.#thread?.stop();
  }

  #begin(): ChannelThread {
    this.#findings.begin();
    const thread = this.#options.startChannel((message) => {
      if (thread === this.#thread) this.#on(message);
    });
    this.#thread = thread;
    return thread;
  }

  #on(message: FromChannel): void {
    switch (message.kind) {
      case 'listening':
        // Of the first one there is nothing to make up for: what was asked of it already waits for it.
        if (!this.#hasBegun) return;
        this.#steady();
        break;
      case 'status':
        this.#status = { status: message.status, routes: message.routes, data: message.data };
        break;
      case 'sessionUp':
        this.#isConnected = true;
        this.#everConnected = true;
        break;
      case 'sessionDown':
        this.#isConnected = false;
        break;
      case 'problem':
        this.#findings.raise(message.problem, message);
        break;
      case 'cleared':
        this.#findings.clear(message.code, message.item);
        break;
      case 'log':
        this.#options.log[message.level](message.text, message.fields);
        return;
      case 'failed':
        if (this.#hasBegun && !this.#isStopping) this.#failed(message);
        return;
      default:
    }
    this.#options.on(message);
  }

  /** There is no worker: that is told, and another one is started a little later. */
  #failed({ problem, text }: Failed): void {
    const { findings, log, on, timers } = this.#options;
    const reason = `the channel: ${problem === null ? text : `${text} (${problem.code})`}`;
    log.error('the channel worker failed', { code: 'DMN-003', reason });
    findings.raise({ code: 'DMN-003', parameters: { reason } }, { item: CHANNEL });
    if (this.#failedOn !== null && this.#failedOn !== problem?.code) findings.clear(this.#failedOn);
    this.#failedOn = problem?.code ?? null;
    // Told as what it is, too: somebody has to free a port.
    if (problem !== null) findings.raise(problem);
    // It may still be there, and listen.
    this.#ended = this.#thread?.stop() ?? Promise.resolve();
    this.#thread = null;
    this.#status = NO_CHANNEL;
    if (this.#isConnected) on({ kind: 'sessionDown', reason });
    this.#isConnected = false;
    on({ kind: 'status', ...NO_CHANNEL, beat: null, ends: [] });
    this.#cancel?.();
    this.#cancel = timers.after(RESTART_MS, () => void this.#ended.then(() => this.#again()));
  }

  #again(): void {
    if (this.#isStopping || this.#thread !== null) return;
    // Where it can't listen it says so itself.
    this.#begin().listening.catch(() => undefined);
  }

  /** There is one that works; not for long, perhaps. */
  #steady(): void {
    this.#cancel?.();
    this.#cancel = this.#options.timers.after(STEADY_MS, () => this.#over());
  }

  #over(): void {
    const { findings } = this.#options;
    this.#findings.working();
    findings.clear('DMN-003', CHANNEL);
    if (this.#failedOn !== null) findings.clear(this.#failedOn);
    this.#failedOn = null;
  }
}
