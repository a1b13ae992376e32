import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../seeded-random.ts';
import { CALL_FAULTS } from './call-faults.ts';
import type { FaultKind, FaultUnderWay } from './fault.ts';
import { MACHINE_FAULTS } from './machine-faults.ts';
import type { SoakRig } from './rig.ts';

const EVERY_MS = 5_000;
const LOOK_EVERY_MS = 50;
const SHORT_MS = { min: 200, max: 4_500 } as const;
/** Such a fault lasts while others come and go. */
const LONG_MS = { min: 5_000, max: 12_000 } as const;
const LONG = 0.2;
const TRIES = 20;

const ALL = [...MACHINE_FAULTS, ...CALL_FAULTS];

interface Running {
  readonly kind: FaultKind;
  readonly fault: FaultUnderWay;
  readonly endsAt: number;
}

/** Faults at random, one every 5 s: some while others last. */
export class FaultPlan {
  /** What was done, oldest first. */
  readonly done: string[] = [];
  readonly #rig: SoakRig;
  readonly #random: SeededRandom;
  readonly #began = performance.now();
  #running: Running[] = [];

  constructor(rig: SoakRig, random: SeededRandom) {
    this.#rig = rig;
    this.#random = random;
  }

  /**
   * Returns when the time is over and all is mended.
   * @param daemonsStay - nothing is done that ends a daemon.
   */
  async run(durationMs: number, daemonsStay: boolean): Promise<void> {
    const end = performance.now() + durationMs;
    let next = performance.now();
    while (performance.now() < end) {
      if (performance.now() >= next) {
        next += EVERY_MS;
        await this.#meanwhile(this.#begin(daemonsStay));
      }
      await this.#mend(performance.now());
      await pause(LOOK_EVERY_MS);
    }
    await this.mendAll();
  }

  /** What is over ends also while something begins that takes long: a daemon stops only as fast as its disk lets it. */
  async #meanwhile(beginning: Promise<void>): Promise<void> {
    let isBegun = false;
    const begun = beginning.finally(() => (isBegun = true));
    // Who fails is met below.
    begun.catch(() => undefined);
    while (!isBegun) {
      await this.#mend(performance.now());
      await Promise.race([begun, pause(LOOK_EVERY_MS)]).catch(() => undefined);
    }
    await begun;
  }

  async mendAll(): Promise<void> {
    await this.#mend(Number.POSITIVE_INFINITY);
  }

  async #begin(daemonsStay: boolean): Promise<void> {
    const busy = new Set(this.#running.map(({ kind }) => kind.to));
    const able = ALL.filter(({ to, endsDaemon }) => !busy.has(to) && !(daemonsStay && endsDaemon === true));
    const weighted = able.flatMap((kind) => Array<FaultKind>(kind.weight).fill(kind));
    for (let tries = 0; tries < TRIES; tries++) {
      const kind = this.#random.pick(weighted);
      const fault = (await kind?.begin(this.#rig, this.#random)) ?? null;
      if (kind === undefined || fault === null) continue;
      const { min, max } = this.#random.chance(LONG) ? LONG_MS : SHORT_MS;
      const lastsMs = this.#random.integer(min, max);
      this.#running.push({ kind, fault, endsAt: performance.now() + lastsMs });
      const at = ((performance.now() - this.#began) / 1000).toFixed(1);
      this.done.push(`${at} s: ${kind.name} for ${String(lastsMs)} ms ${fault.what}`);
      process.stdout.write(`${this.done.at(-1) ?? ''}\n`);
      return;
    }
  }

  async #mend(now: number): Promise<void> {
    const over = this.#running.filter(({ endsAt }) => endsAt <= now);
    this.#running = this.#running.filter(({ endsAt }) => endsAt > now);
    for (const { fault } of over) await fault.end();
  }
}
