import fs from 'node:fs';
import { join } from 'node:path';
import { buildActive } from '../../src/daemon/active/build-active.ts';
import { buildPassive } from '../../src/daemon/passive/build-passive.ts';
import type { Engine } from '../../src/daemon/stream/engine.ts';
import type { ActiveReport, PassiveReport } from '../../src/daemon/status/side-report.ts';
import type {
  DataMessage,
  FromStream,
  StreamQuery,
  StreamStart,
  ToStream,
} from '../../src/daemon/stream/thread-messages.ts';
import { FileError } from '../../src/kernel/files.ts';
import type { NoticeSource } from '../../src/kernel/notices.ts';
import { GIB } from '../../src/kernel/units.ts';
import { LinkLine } from '../../src/daemon/stream/link-line.ts';
import { Killed, MortalMachine, type SimulatedClock } from './mortal-machine.ts';
import { Refusals } from './refusals.ts';
import type { LinkEnd, SimulatedLink } from './simulated-link.ts';

/** The one protected folder, as in the settings. */
export const PROTECTED = '/srv/shop';

/** Turns of the engine while which its file systems are synced, at most. */
const SYNC_TURNS_MAX = 5;

export interface ServerOptions {
  readonly role: 'active' | 'passive';
  readonly folder: string;
  readonly clock: SimulatedClock;
  readonly kind: NoticeSource['kind'];
  readonly link: SimulatedLink;
  readonly settings: Pick<StreamStart, 'onStart' | 'orphans' | 'queueBytesMax' | 'lossItemsMin'>;
  /** Hears what the engine tells the daemon, but for reports. */
  readonly heard: (message: FromStream) => void;
  readonly sent: (frame: Uint8Array) => void;
}

/** One server: what lasts over its restarts, and the engine of its present run. */
export class SimulatedServer implements LinkEnd {
  readonly role: 'active' | 'passive';
  readonly serverId: string;
  readonly root: string;
  /** Of the disk under what is protected. */
  readonly refusals: Refusals;
  inbox: DataMessage[] = [];
  /** What pair.yaml says on this server. */
  filters: Pick<StreamStart, 'include' | 'exclude'> = { include: [`${PROTECTED}/**`], exclude: [] };
  readonly #options: ServerOptions;
  readonly #requests: ToStream[] = [];
  #engine: Engine | null = null;
  #machine: MortalMachine | null = null;
  #epoch = 0;
  /** The answer to what the engine asked to have synced, and how many turns it takes. */
  #syncing: ToStream | null = null;
  #syncTurns = 0;
  #line: LinkLine | null = null;
  #hear: ((message: FromStream) => void) | null = null;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.role = options.role;
    this.serverId = `server-${options.role}`;
    this.root = join(options.folder, PROTECTED);
    this.refusals = new Refusals(this.root);
    for (const folder of [this.root, this.#folder('state'), this.#folder('queues')]) {
      fs.mkdirSync(folder, { recursive: true });
    }
  }

  get queues(): string {
    return this.#folder('queues');
  }

  get isRunning(): boolean {
    return this.#engine !== null;
  }

  start(): void {
    const { clock, kind, link, settings, folder } = this.#options;
    const line = new LinkLine({ take: () => this.inbox.shift() }, (message) => {
      if (message.kind === 'frame') this.#options.sent(message.frame);
      link.send(this, message);
    });
    this.#line = line;
    if (this.role === 'active') this.#epoch += 1;
    const machine = new MortalMachine(clock, kind, this.refusals);
    this.#machine = machine;
    const start: StreamStart = {
      role: this.role,
      identity: this.role === 'active' ? 'primary' : 'secondary',
      serverId: this.serverId,
      base: folder,
      stateDirectory: this.#folder('state'),
      queueDirectory: this.#folder('queues'),
      ...this.filters,
      readers: 'ignore',
      epoch: this.#epoch,
      quarantineBytesMax: GIB,
      checkBytesPerSecondMax: 0,
      queueFreeBytesMin: 0,
      interception: null,
      watchedBecause: {},
      ...settings,
    };
    const build = this.role === 'active' ? buildActive : buildPassive;
    const host = {
      toMain: (message: FromStream) => this.#told(message),
      sendFrame: (parts: Parameters<typeof line.send>[0]) => line.send(parts),
      renewData: () => line.renew(),
      contentMemory: () => line.contentMemory,
      linkRoom: () => Number.POSITIVE_INFINITY,
    };
    try {
      this.#engine = build(start, host, machine);
    } catch (error) {
      // A worker that can't begin is started again a little later.
      if (!(error instanceof FileError)) throw error;
      this.kill();
    }
  }

  request(message: ToStream): void {
    this.#requests.push(message);
  }

  /**
   * One round of the stream worker: some messages, then a step.
   * @param during.killAfter - system calls until the process is killed in the middle.
   * @param during.meanwhile - called between two of its system calls, for what others do.
   * @returns how long it would sleep; null where it was killed.
   */
  turn(messages: number, during: { killAfter?: number; meanwhile?: () => void } = {}): number | null {
    const engine = this.#engine;
    const machine = this.#machine;
    if (engine === null || machine === null) return Number.POSITIVE_INFINITY;
    machine.files.callsLeft = during.killAfter ?? Number.POSITIVE_INFINITY;
    machine.files.meanwhile = during.meanwhile ?? nothing;
    try {
      if (this.#syncing !== null && this.#syncTurns-- <= 0) {
        this.#requests.push(this.#syncing);
        this.#syncing = null;
      }
      for (const request of this.#requests.splice(0)) engine.request(request);
      this.#take(engine, messages);
      const waitMs = engine.step(this.#options.clock.monotonicMs());
      machine.files.callsLeft = Number.POSITIVE_INFINITY;
      return waitMs;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.kill();
      return null;
    } finally {
      machine.files.meanwhile = nothing;
    }
  }

  report(): ActiveReport | PassiveReport | null {
    return this.#engine?.report(this.#options.clock.monotonicMs()) ?? null;
  }

  /** Asks the engine and hears the answer at once. */
  ask(query: StreamQuery, hear: (message: FromStream) => void): void {
    this.#hear = hear;
    this.#engine?.request({ kind: 'query', id: 0, query });
    this.#hear = null;
  }

  /** As `systemctl stop` would. @returns descriptors that stayed open. */
  stop(): string[] {
    const machine = this.#machine;
    this.#engine?.stop();
    const left = [...(machine?.files.open.values() ?? [])];
    this.kill();
    return left;
  }

  /** As `kill -9` would. */
  kill(): void {
    this.#machine?.abandon();
    this.#machine = null;
    this.#engine = null;
    this.#line = null;
    this.inbox = [];
    this.#requests.length = 0;
    this.#syncing = null;
  }

  #take(engine: Engine, messages: number): void {
    for (let taken = 0; taken < messages; taken++) {
      const message = this.#line?.take();
      if (message === undefined) return;
      engine.link(message);
    }
  }

  #told(message: FromStream): void {
    if (this.#hear !== null) return this.#hear(message);
    if (message.kind === 'syncWanted') {
      this.#syncing = { kind: 'synced', number: message.number, failure: null };
      // How long it takes is never the same.
      this.#syncTurns = message.number % SYNC_TURNS_MAX;
      return;
    }
    if (message.kind === 'epochNeeded') {
      this.#epoch = Math.max(this.#epoch, message.above) + 1;
      this.#requests.push({ kind: 'epoch', epoch: this.#epoch });
    }
    this.#options.heard(message);
  }

  #folder(name: string): string {
    return join(this.#options.folder, name);
  }
}

function nothing(): void {}
