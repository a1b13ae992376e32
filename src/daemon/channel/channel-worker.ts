import { Channel } from '../../channel/channel.ts';
import { Invitation } from '../../identity/invitation.ts';
import { turnAwayJoiner } from '../../identity/turn-away-joiner.ts';
import { FileError } from '../../kernel/files.ts';
import type { Log } from '../../kernel/log.ts';
import type { SecureSocket } from '../../kernel/sockets.ts';
import { isProblem, Problem, toData } from '../../problems/problem.ts';
import { fingerprintOf } from '../../system/network/certificates.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { durableFiles } from '../../system/files/durable-files.ts';
import { systemRandom } from '../../system/machine/random.ts';
import { systemSecrets } from '../../system/machine/secrets.ts';
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
import { openIdentityStore } from '../settings/pair-facts.ts';
import { keepJoined, offerOf } from './pairing-offer.ts';
import type { DataMessage } from '../stream/thread-messages.ts';

const INVITATION_LIFE_MS = 15 * 60 * 1000;

/** Entry of the channel worker: every connection to the other server lives on this thread's event loop. */
class Worker {
  readonly #start = threadData<ChannelStart>();
  readonly #port = starterPort();
  readonly #host: ChannelHost;
  #invitation: { readonly id: number; readonly invitation: Invitation } | null = null;
  #streamPort: MessagePort | null = null;

  constructor() {
    const { settings } = this.#start;
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
          onPairingConnection: (socket) => this.#onPairing(socket),
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
        return this.#tryToInvite(message.id);
      case 'inviteEnd':
        if (this.#invitation?.id === message.id) this.#closeInvitation();
        return;
      case 'stream':
        return this.#connectStream(message);
      case 'stop':
        this.#closeInvitation();
        await this.#host.stop();
        this.#streamPort?.close();
        this.#port.close();
    }
  }

  #connectStream(line: StreamLine): void {
    this.#streamPort?.close();
    this.#streamPort = line.port;
    line.port.on('message', (message: DataMessage) => this.#host.fromStream(message));
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

  #onPairing(socket: SecureSocket): void {
    if (this.#invitation === null) turnAwayJoiner(socket, systemTimers);
    else this.#invitation.invitation.accept(socket);
  }

  /** Whoever asked is told why not. */
  #tryToInvite(id: number): void {
    try {
      this.#invite(id);
    } catch (error) {
      if (!isProblem(error) && !(error instanceof FileError)) throw error;
      const problem = isProblem(error) ? error : new Problem('CFG-001', { file: error.path, reason: error.code });
      this.#tell({ kind: 'invitation', id, what: 'failed', problem: toData(problem) });
    }
  }

  #invite(id: number): void {
    this.#closeInvitation();
    const store = openIdentityStore(this.#start.stateDirectory);
    const facts = store.load();
    const text = durableFiles.read(this.#start.pairFile);
    if (facts === null || text === null)
      throw new Problem('CFG-001', { file: this.#start.pairFile, reason: 'it is gone' });
    const pair = { name: facts.pairName, version: this.#start.facts.settings.version, text };
    const offer = offerOf({ facts, listen: this.#start.settings.listen, pair });
    const invitation = new Invitation({
      secrets: systemSecrets,
      clock: systemClock,
      timers: systemTimers,
      offer,
      persist: async (server) => keepJoined(store, offer, server),
      onEnd: (end) => {
        if (end.kind === 'joined') {
          this.#tell({ kind: 'invitation', id, what: 'done', peerAddress: end.server.addresses[0] ?? '' });
        } else if (end.kind !== 'closed') {
          const reason =
            end.kind === 'expired' ? 'nobody used it within 15 minutes' : 'it failed or was tried with wrong proofs';
          this.#tell({ kind: 'invitation', id, what: 'failed', problem: toData(new Problem('IDN-002', { reason })) });
        }
      },
      lifeMs: INVITATION_LIFE_MS,
    });
    this.#invitation = { id, invitation };
    const expiresAt = new Date(systemClock.wallMs() + INVITATION_LIFE_MS).toISOString();
    this.#tell({ kind: 'invitation', id, what: 'token', token: invitation.token, expiresAt });
  }

  #closeInvitation(): void {
    this.#invitation?.invitation.close();
    this.#invitation = null;
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
