import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Identity } from '../../../src/api/status.ts';
import type { Pair } from '../pair.ts';
import { ANY_LOSS, RandomOperations } from '../random-operations.ts';
import { RelayedPair } from '../relayed-pair.ts';
import type { TrialServer } from '../server.ts';
import { SmallDisk } from '../small-disk.ts';
import { TemporaryHome } from '../temporary-home.ts';

const MIB = 1024 * 1024;
const DATA_MIB = 512;
/** As the active server's file system usually has them: smaller ones hold less, and what one holds the other must. */
const BLOCK_BYTES = 4096;
const QUEUES_MIB = 96;
const STATE_MIB = 160;
const QUEUE_BYTES_MAX = 64 * MIB;
const OPERATIONS_PER_SECOND = 40;
const SUPERVISED_EVERY_MS = 250;
/** As the unit file of the release says (RestartSec). */
const STARTED_AGAIN_AFTER_MS = 2_000;

/** The channel counts as lost soon, so that many cuts fit in. */
const QUICK_CHANNEL = { waitMs: 500, heartbeatMs: 200, lostAfterMs: 2_000 };

export type Role = 'active' | 'passive';
export type DiskName = 'passive data' | `${Role} queues` | `${Role} state`;

/** A pair whose parts lie on disks of their own, with a program that works on it and somebody who starts what ended. */
export class SoakRig implements AsyncDisposable {
  readonly relayed: RelayedPair;
  readonly disks: ReadonlyMap<DiskName, SmallDisk>;
  /** Daemons that ended though nobody had ended them, in words. */
  readonly endedByThemselves: string[] = [];
  readonly #home: TemporaryHome;
  readonly #program: RandomOperations;
  /** Whose daemon is away on purpose. */
  readonly #away = new Set<Role>();
  readonly #supervising = new AbortController();
  readonly #supervised: Promise<void>;
  #load: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null;

  private constructor(
    home: TemporaryHome,
    disks: ReadonlyMap<DiskName, SmallDisk>,
    relayed: RelayedPair,
    seed: number,
  ) {
    this.#home = home;
    this.disks = disks;
    this.relayed = relayed;
    fs.mkdirSync(this.worked('active'), { recursive: true });
    this.#program = new RandomOperations(this.worked('active'), seed);
    this.#supervised = this.#supervise();
  }

  static async start(seed: number): Promise<SoakRig> {
    const home = new TemporaryHome();
    const at = (role: Role, folder: string): string => join(home.folder, role, folder);
    const disks = new Map<DiskName, SmallDisk>([
      ['passive data', new SmallDisk(DATA_MIB, at('passive', 'base'), null, BLOCK_BYTES)],
      ['passive queues', new SmallDisk(QUEUES_MIB, at('passive', 'queues'))],
      ['passive state', new SmallDisk(STATE_MIB, at('passive', 'state'))],
      ['active queues', new SmallDisk(QUEUES_MIB, at('active', 'queues'))],
      ['active state', new SmallDisk(STATE_MIB, at('active', 'state'))],
    ]);
    const relayed = await RelayedPair.start({
      homes: { primary: join(home.folder, 'active'), secondary: join(home.folder, 'passive') },
      faults: true,
      serverSettings: (identity: Identity) => ({
        queues: {
          sizeBytesMax: QUEUE_BYTES_MAX,
          freeBytesMin: 0,
          directory: at(identity === 'primary' ? 'active' : 'passive', 'queues/both'),
        },
      }),
      pairSettings: {
        ...ANY_LOSS,
        channel: QUICK_CHANNEL,
        check: { onStart: 'full', schedule: null },
        quarantine: { sizeBytesMax: 32 * MIB },
      },
    });
    return new SoakRig(home, disks, relayed, seed);
  }

  get pair(): Pair {
    return this.relayed.pair;
  }

  server(role: Role): TrialServer {
    return this.pair[role];
  }

  disk(name: DiskName): SmallDisk {
    const disk = this.disks.get(name);
    if (disk === undefined) throw new Error(`there is no disk for ${name}`);
    return disk;
  }

  /** Where the program works, and the copy of it. */
  worked(role: Role): string {
    return join(this.server(role).data, 'worked');
  }

  startLoad(): void {
    const stop = new AbortController();
    const options = { count: Number.POSITIVE_INFINITY, perSecond: OPERATIONS_PER_SECOND, signal: stop.signal };
    this.#load = { stop, ended: this.#program.run(options) };
  }

  async endLoad(): Promise<void> {
    this.#load?.stop.abort();
    await this.#load?.ended;
    this.#load = null;
  }

  /** Its daemon is ended on purpose until {@link bringBack}. */
  async takeAway(role: Role, way: 'kill' | 'stop'): Promise<void> {
    this.#away.add(role);
    await this.server(role)[way]();
  }

  /** Without waiting until it works: a disk may be full. */
  bringBack(role: Role): void {
    this.server(role).launch();
    this.#away.delete(role);
  }

  /** What a service manager does. */
  async #supervise(): Promise<void> {
    const { signal } = this.#supervising;
    while (!signal.aborted) {
      for (const role of ['active', 'passive'] as const) {
        const daemon = this.server(role).daemon;
        const end = daemon?.end ?? null;
        if (this.#away.has(role) || end === null) continue;
        this.endedByThemselves.push(`${role}: ${String(end)}`);
        process.stdout.write(`The ${role} daemon ended by itself (${String(end)})\n`);
        await pause(STARTED_AGAIN_AFTER_MS);
        if (!signal.aborted && !this.#away.has(role) && this.server(role).daemon === daemon) this.server(role).launch();
      }
      await pause(SUPERVISED_EVERY_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#supervising.abort();
    await this.#supervised;
    await this.endLoad();
    await this.relayed[Symbol.asyncDispose]();
    for (const disk of this.disks.values()) disk[Symbol.dispose]();
    this.#home[Symbol.dispose]();
  }
}
