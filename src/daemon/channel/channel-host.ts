import type { ChannelEvent } from '../../channel/channel-event.ts';
import type { ChannelOptions } from '../../channel/channel-options.ts';
import type { Channel } from '../../channel/channel.ts';
import { type FrameMemory, ownMemory } from '../../kernel/frame-memory.ts';
import type { TlsCredentials } from '../../kernel/sockets.ts';
import type { ProblemCode, ProblemData } from '../../problems/problem.ts';
import type { FromChannel, RouteFailure, SessionPeer, ToChannel } from './channel-messages.ts';
import { movedWith } from '../stream/frame-slots.ts';
import type { DataMessage, SentData } from '../stream/thread-messages.ts';

/** Type of the control messages that carry the daemons' own messages. */
const APP_TYPE = 'app';

/** A line to the stream worker. */
export interface StreamEnd {
  post(message: DataMessage, moved: readonly ArrayBuffer[]): void;
  /** Memory of the frames to it, and of those from it. */
  readonly toStream: FrameMemory;
  readonly fromStream: FrameMemory;
  /** How many bytes of frames should wait to be sent at most; null: no bound. */
  limitAhead(bytesAheadMax: number | null): void;
}

export interface ChannelHostOptions {
  readonly makeChannel: (parts: Pick<ChannelOptions, 'credentials' | 'frameMemory' | 'onEvent'>) => Channel;
  readonly toMain: (message: FromChannel) => void;
  readonly credentials: TlsCredentials;
}

/**
 * What the channel worker does besides the channel itself: brings control messages to and from the
 * daemon's main thread, data frames to and from the stream worker.
 */
export class ChannelHost {
  readonly #options: ChannelHostOptions;
  #channel: Channel;
  #facts: Extract<ToChannel, { kind: 'facts' }>['facts'] | null = null;
  #session: number | null = null;
  #peer: SessionPeer | null = null;
  /** Of the protocol, in this session. */
  #version = 0;
  #connection: number | null = null;
  /** Data connections so far, over all channels: the number of the present one for the stream worker. */
  #line = 0;
  /** As changed since the start; null: what the channel is made with holds. */
  #bytesPerSecondMax: number | null = null;
  #stream: StreamEnd | null = null;
  /** What the present data connection takes ahead of what is urgent. */
  #bytesAheadMax: number | null = null;
  #refusal: ProblemData | null = null;
  readonly #frameMemory: FrameMemory = {
    take: (bytes) => (this.#stream?.toStream ?? ownMemory).take(bytes),
    free: (frame) => this.#stream?.toStream.free(frame),
  };

  constructor(options: ChannelHostOptions) {
    this.#options = options;
    this.#channel = this.#makeChannel(options.credentials);
  }

  /** @throws Problem CHN-001, CHN-002 */
  async start(facts: Extract<ToChannel, { kind: 'facts' }>['facts']): Promise<void> {
    this.#facts = facts;
    this.#channel.setFacts(facts);
    await this.#channel.start();
  }

  setFacts(facts: Extract<ToChannel, { kind: 'facts' }>['facts']): void {
    this.#facts = facts;
    this.#channel.setFacts(facts);
  }

  /** Other certificates: the channel is made anew. */
  async setCredentials(credentials: TlsCredentials): Promise<void> {
    await this.#channel.stop();
    this.#channel = this.#makeChannel(credentials);
    if (this.#bytesPerSecondMax !== null) this.#channel.limitData(this.#bytesPerSecondMax);
    if (this.#facts !== null) await this.start(this.#facts);
  }

  sendToPeer(message: unknown): void {
    if (this.#session !== null) this.#channel.sendControl(this.#session, { type: APP_TYPE, message });
  }

  connectStream(stream: StreamEnd): void {
    // What the peer's stream worker sent until now went to nobody here: on a new connection both begin anew.
    // Before the line changes, so that what the old connection holds of the old line's memory goes back to it.
    if (this.#connection !== null) this.#channel.renewData('another stream worker takes over');
    this.#stream = stream;
    stream.limitAhead(this.#bytesAheadMax);
  }

  /** A message of the stream worker. */
  fromStream(message: SentData): void {
    if (message.kind === 'renew') return this.#renew(message.connection);
    const memory = this.#stream?.fromStream;
    if (memory === undefined) return;
    const free = (): void => memory.free(message.frame);
    // Another number: meant for an earlier connection, whose end the stream worker had not met yet.
    if (this.#connection === null || message.connection !== this.#line) free();
    else this.#channel.sendData(this.#connection, message.frame, free);
  }

  /** @param line - as of `fromStream`: an earlier connection has ended already. */
  #renew(line: number): void {
    if (this.#connection !== null && line === this.#line) this.#channel.renewData('an answer did not come');
  }

  /** Also for channels that are made later. */
  limitData(bytesPerSecondMax: number): void {
    this.#bytesPerSecondMax = bytesPerSecondMax;
    this.#channel.limitData(bytesPerSecondMax);
  }

  async stop(): Promise<void> {
    await this.#channel.stop();
  }

  #makeChannel(credentials: TlsCredentials): Channel {
    return this.#options.makeChannel({
      credentials,
      frameMemory: this.#frameMemory,
      onEvent: (event) => this.#on(event),
    });
  }

  #on(event: ChannelEvent): void {
    switch (event.kind) {
      case 'status':
        this.#options.toMain({
          kind: 'status',
          status: event.state.status,
          routes: event.state.routes.map(routeShown),
          data: event.state.data,
          beat: event.state.clockDifferenceMs,
          ends: event.state.routes.map(routeEnd),
        });
        return;
      case 'sessionUp':
        this.#session = event.session;
        this.#version = event.version;
        this.#peer = event.peer;
        this.#options.toMain({ kind: 'sessionUp', peer: event.peer });
        return;
      case 'peerFacts':
        this.#peer = event.peer;
        this.#options.toMain({ kind: 'peerFacts', peer: event.peer });
        return;
      case 'sessionDown':
        this.#session = null;
        this.#options.toMain({ kind: 'sessionDown', reason: event.reason });
        return;
      case 'control':
        if (event.message.type === APP_TYPE)
          this.#options.toMain({ kind: 'message', message: event.message['message'] });
        return;
      case 'refused':
        this.#refused(event.problem, event.toldByPeer);
        return;
      case 'refusalCleared':
        this.#clearRefusal();
        return;
      case 'problem': {
        const { problem, evidence } = event;
        this.#options.toMain({ kind: 'problem', problem, item: itemOf(event.key), evidence });
        return;
      }
      case 'cleared':
        this.#options.toMain({ kind: 'cleared', code: event.code, item: itemOf(event.key) });
        return;
      default:
        this.#onData(event);
    }
  }

  #onData(event: Extract<ChannelEvent, { kind: 'dataUp' | 'dataDown' | 'data' | 'dataThin' }>): void {
    switch (event.kind) {
      case 'dataUp':
        this.#connection = event.connection;
        this.#line += 1;
        this.#tellDataUp();
        return;
      case 'dataDown':
        if (event.connection !== this.#connection) return;
        this.#connection = null;
        this.#bytesAheadMax = null;
        this.#stream?.limitAhead(null);
        this.#stream?.post({ kind: 'down' }, []);
        return;
      case 'data': {
        const { frame } = event;
        if (this.#stream === null || event.connection !== this.#connection) this.#frameMemory.free(frame);
        else this.#stream.post({ kind: 'frame', connection: this.#line, frame }, movedWith(frame));
        return;
      }
      case 'dataThin':
        if (event.connection !== this.#connection) return;
        this.#bytesAheadMax = event.bytesAheadMax;
        this.#stream?.limitAhead(event.bytesAheadMax);
    }
  }

  #tellDataUp(): void {
    if (this.#peer === null) return;
    const { serverId: peerServerId } = this.#peer;
    this.#stream?.post({ kind: 'up', peerServerId, version: this.#version, connection: this.#line }, []);
  }

  #refused(problem: ProblemData, toldByPeer: boolean): void {
    if (this.#refusal !== null && this.#refusal.code !== problem.code) this.#clearRefusal();
    this.#refusal = problem;
    const evidence = toldByPeer ? ['the other server refuses'] : [];
    this.#options.toMain({ kind: 'problem', problem, item: null, evidence });
  }

  #clearRefusal(): void {
    const code: ProblemCode | undefined = this.#refusal?.code;
    this.#refusal = null;
    if (code !== undefined) this.#options.toMain({ kind: 'cleared', code, item: null });
  }
}

/** Several routes and strangers may each have a problem of one kind; the channel as a whole has one. */
function itemOf(key: string): string | null {
  return /^(route|stranger|nonsense|stall) /.test(key) ? key.replace(/^stall /, 'route ') : null;
}

function routeEnd(route: Extract<ChannelEvent, { kind: 'status' }>['state']['routes'][number]): RouteFailure {
  const { address, status, failure, reason } = route;
  return { address, isConnected: status === 'Connected', failure, reason: reason ?? '' };
}

function routeShown(route: Extract<ChannelEvent, { kind: 'status' }>['state']['routes'][number]): {
  address: string;
  status: 'Connected' | 'Not connected';
  roundTripMs: number | null;
} {
  return { address: route.address, status: route.status, roundTripMs: route.roundTripMs };
}
