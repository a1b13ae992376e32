import { Channel } from '../../channel/channel.ts';
import type { Log } from '../../kernel/log.ts';
import { isProblem, toData } from '../../problems/problem.ts';
import { fingerprintOf } from '../../system/network/certificates.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { systemRandom } from '../../system/machine/random.ts';
import { type MessagePort, starterPort, threadData } from '../../system/processes/threads.ts';
import { systemTimers } from '../../system/machine/timers.ts';
import { tlsSockets } from '../../system/network/tls-sockets.ts';
import { threadBusyShare } from '../../system/processes/thread-busy-share.ts';
import { wake } from '../../system/native/wake.ts';
import { zstd } from '../../system/files/zstd.ts';
import { ChannelHost } from './channel-host.ts';
import type { ChannelStart, FromChannel, ToChannel } from './channel-messages.ts';
import type { StreamLine } from './channel-thread.ts';
import { FrameSlots } from '../stream/frame-slots.ts';
import { GaugedMemory, LinkGauge } from '../stream/link-gauge.ts';
import { OpenInvitation } from './open-invitation.ts';
import type { SentData } from '../stream/thread-messages.ts';

/** Entry of the channel worker: every connection to the other server lives on this thread's event loop. */
class Worker {
  readonly #start = threadData<ChannelStart>();
  readonly #port = starterPort();
  readonly #host: ChannelHost;
  readonly #invitation: OpenInvitation;
  #streamPort: MessagePort | null = null;

  constructor() {
    const { settings, stateDirectory, pairFile, facts } = this.#start;
    this.#invitation = new OpenInvitation({
      stateDirectory,
      pairFile,
      listen: settings.listen,
      settingsVersion: facts.settings.version,
      tell: (news) => this.#tell(news),
    });
    this.#host = new ChannelHost({
      toMain: (message) => this.#tell(message),
      credentials: this.#start.credentials,
      makeChannel: ({ credentials, frameMemory, onEvent }) =>
        new Channel({
          sockets: tlsSockets,
          clock: systemClock,
          timers: systemTimers,
          random: systemRandom,
          log: this.#log(),
          credentials,
          ownFingerprint: fingerprintOf(credentials.certificate),
          settings,
          frameMemory,
          compression: zstd,
          busyShare: threadBusyShare(),
          onEvent,
          onPairingConnection: (socket) => this.#invitation.accept(socket),
        }),
    });
  }

  async run(): Promise<void> {
    this.#port.on('message', (message: ToChannel | StreamLine) => {
      this.#take(message).catch((error: unknown) => this.#fail(error));
    });
    try {
      await this.#host.start(this.#start.facts);
      this.#tell({ kind: 'listening' });
    } catch (error) {
      this.#fail(error);
      this.#port.close();
    }
  }

  async #take(message: ToChannel | StreamLine): Promise<void> {
    switch (message.kind) {
      case 'facts':
        return this.#host.setFacts(message.facts);
      case 'credentials':
        return await this.#host.setCredentials(message.credentials);
      case 'limits':
        return this.#host.limitData(message.bytesPerSecondMax);
      case 'send':
        return this.#host.sendToPeer(message.message);
      case 'invite':
        return this.#invitation.begin(message.id);
      case 'inviteEnd':
        return this.#invitation.end(message.id);
      case 'stream':
        return this.#connectStream(message);
      case 'stop':
        this.#invitation.close();
        await this.#host.stop();
        this.#streamPort?.close();
        this.#port.close();
    }
  }

  #connectStream(line: StreamLine): void {
    this.#streamPort?.close();
    this.#streamPort = line.port;
    line.port.on('message', (message: SentData) => this.#host.fromStream(message));
    const gauge = new LinkGauge(line.frames.gauge);
    const wakeStream = (): void => wake(line.wakeDescriptor);
    this.#host.connectStream({
      post: (message, moved) => {
        line.port.postMessage(message, [...moved]);
        wakeStream();
      },
      toStream: new FrameSlots(line.frames.toStream),
      fromStream: new GaugedMemory(new FrameSlots(line.frames.fromStream), gauge, wakeStream),
      limitAhead: (bytesAheadMax) => {
        if (gauge.limit(bytesAheadMax)) wakeStream();
      },
    });
  }

  #tell(message: FromChannel): void {
    this.#port.postMessage(message);
  }

  #fail(error: unknown): void {
    const problem = isProblem(error) ? toData(error) : null;
    const text =
      error instanceof Error ? (problem === null ? (error.stack ?? error.message) : error.message) : String(error);
    this.#tell({ kind: 'failed', problem, text });
  }

  #log(): Log {
    const line =
      (level: 'debug' | 'info' | 'warn' | 'error'): Log['info'] =>
      (text, fields = {}) =>
        this.#tell({ kind: 'log', level, text, fields });
    const log: Log = {
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      child: () => log,
    };
    return log;
  }
}

await new Worker().run();
