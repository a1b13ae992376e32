import type { ChannelEvent } from '../channel/channel-event.ts';
import type { Channel } from '../channel/channel.ts';
import type { TlsCredentials } from '../kernel/sockets.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import type { FromChannel, SessionPeer, ToChannel } from './channel-messages.ts';
import type { DataMessage } from './thread-messages.ts';

/** Type of the control messages that carry the daemons' own messages. */
const APP_TYPE = 'app';

/** A line to the stream worker. */
export interface StreamEnd {
  post(message: DataMessage, moved: readonly ArrayBuffer[]): void;
}

export interface ChannelHostOptions {
  readonly makeChannel: (credentials: TlsCredentials, onEvent: (event: ChannelEvent) => void) => Channel;
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
  #connection: number | null = null;
  /** Data connections so far, over all channels: the number of the present one for the stream worker. */
  #line = 0;
  #stream: StreamEnd | null = null;
  #refusal: ProblemData | null = null;

  constructor(options: ChannelHostOptions) {
    this.#options = options;
    this.#channel = options.makeChannel(options.credentials, (event) => this.#on(event));
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
    this.#channel = this.#options.makeChannel(credentials, (event) => this.#on(event));
    if (this.#facts !== null) await this.start(this.#facts);
  }

  sendToPeer(message: unknown): void {
    if (this.#session !== null) this.#channel.sendControl(this.#session, { type: APP_TYPE, message });
  }

  connectStream(stream: StreamEnd): void {
    this.#stream = stream;
    // What the peer's stream worker sent until now went to nobody here: on a new connection both begin anew.
    if (this.#connection !== null) this.#channel.renewData('another stream worker takes over');
  }

  /** A message of the stream worker. */
  fromStream(message: DataMessage): void {
    if (message.kind !== 'frame' || this.#connection === null) return;
    // Meant for an earlier connection, whose end the stream worker had not met yet.
    if (message.connection !== this.#line) return;
    this.#channel.sendData(this.#connection, [message.frame]);
  }

  async stop(): Promise<void> {
    await this.#channel.stop();
  }

  #on(event: ChannelEvent): void {
    switch (event.kind) {
      case 'status':
        this.#options.toMain({
          kind: 'status',
          status: event.state.status,
          routes: event.state.routes.map(routeShown),
        });
        return;
      case 'sessionUp':
        this.#session = event.session;
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
      case 'problem':
        this.#options.toMain({ kind: 'problem', problem: event.problem, item: itemOf(event.key), evidence: [] });
        return;
      case 'cleared':
        this.#options.toMain({ kind: 'cleared', code: event.code, item: itemOf(event.key) });
        return;
      default:
        this.#onData(event);
    }
  }

  #onData(event: Extract<ChannelEvent, { kind: 'dataUp' | 'dataDown' | 'data' | 'dataDrain' }>): void {
    switch (event.kind) {
      case 'dataUp':
        this.#connection = event.connection;
        this.#line += 1;
        this.#tellDataUp();
        return;
      case 'dataDown':
        if (event.connection !== this.#connection) return;
        this.#connection = null;
        this.#stream?.post({ kind: 'down' }, []);
        return;
      case 'data': {
        const frame = event.frame as Uint8Array<ArrayBuffer>;
        if (event.connection !== this.#connection) return;
        this.#stream?.post({ kind: 'frame', connection: this.#line, frame }, [frame.buffer]);
        return;
      }
      case 'dataDrain':
      // Both directions are bounded by windows of the stream itself.
    }
  }

  #tellDataUp(): void {
    if (this.#peer === null) return;
    this.#stream?.post({ kind: 'up', peerServerId: this.#peer.serverId, connection: this.#line }, []);
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
  return /^(route|stranger|nonsense) /.test(key) ? key : null;
}

function routeShown(route: Extract<ChannelEvent, { kind: 'status' }>['state']['routes'][number]): {
  address: string;
  status: 'Connected' | 'Not connected';
  roundTripMs: number | null;
} {
  return { address: route.address, status: route.status, roundTripMs: route.roundTripMs };
}
