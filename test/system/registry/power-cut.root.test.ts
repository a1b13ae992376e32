/**
 * What it proves: the power of either server may go at any moment while a registry is being changed. What both had said
 * is Synchronized the passive server holds afterwards, without the active one's help; then both come together again by
 * themselves.
 *
 * What it doesn't prove: more than a cut of the power of a disk can (power-cut.ts). What the active server's own
 * programs lose is theirs.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it, onTestFailed, vi } from 'vitest';
import { seededRandom } from '../../../src/kernel/random.ts';
import type { RegistryEdit } from '../../../src/registry/registry-edit.ts';
import type { Pair } from '../../support/pair.ts';
import { type CuttableDisk, PowerCutRig } from '../../support/power-cut.ts';
import { proofRuns } from '../../support/proof-runs.ts';
import {
  ACME,
  contentNow,
  manyKeys,
  randomEdits,
  registriesEqual,
  registryPair,
  registrySynchronized,
} from '../../support/registry/protected-registry.ts';
import type { TrialRegistry, TrialStore } from '../../support/registry/trial-registry.ts';
import { TRIAL_STORES } from '../../support/registry/trial-stores.ts';
import { RelayedPair } from '../../support/relayed-pair.ts';
import { dropModelPrefix } from '../../support/registry/wine-registry.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { sync } from '../../support/sync.ts';
import { until } from '../../support/until.ts';
import { endUsersOf } from '../../support/users-of-folder.ts';

vi.setConfig({ testTimeout: proofRuns({ short: 600_000, full: 7_200_000 }) });

afterAll(dropModelPrefix);

/** Of each server. */
const CUTS = proofRuns({ short: 1, full: 5 });
const WITHIN_MS = 120_000;
const CUT_WITHIN_MS = 1500;
const EDITS = 15;
const LEDGER = `${ACME}\\ledger`;

/** In `npm test` of the passive server alone, which has more to lose. */
const VICTIMS = (['secondary', 'primary'] as const).slice(0, proofRuns({ short: 1, full: 2 }));

describe.each(TRIAL_STORES)('power cuts with a registry of the provider $provider', (store) => {
  it.each(VICTIMS)(`of the %s server, ${CUTS}, leave what was Synchronized, and both come together`, async (victim) => {
    using rig = new PowerCutRig();
    const disk = rig.disk();
    await using relayed = await RelayedPair.make({
      ...registryPair(store, manyKeys(20)),
      homes: { [victim]: disk.folder },
      // The disk is smaller than what is to stay free by default.
      serverSettings: () => ({ queues: { freeBytesMin: 0 } }),
    });
    const { pair } = relayed;
    // Written by the test, a moment ago: to lose it would be no fault of the product.
    sync(disk.folder);
    await pair.start();
    const choice = new SeededRandom(victim === 'primary' ? 31 : 32);
    for (let cut = 1; cut <= CUTS; cut += 1) {
      onTestFailed(() => void process.stderr.write(`Cut ${cut} of ${victim}\n`));
      const trial = new CutTrial({ pair, store, disk, number: cut });
      await (victim === 'secondary' ? trial.cutPassive(choice) : trial.cutActive(choice));
    }
  });
});

/** One cut while the registry of the active server is being changed. */
class CutTrial {
  readonly #pair: Pair;
  readonly #store: TrialStore;
  readonly #disk: CuttableDisk;
  readonly #number: number;
  readonly #active: TrialRegistry;

  constructor(options: { pair: Pair; store: TrialStore; disk: CuttableDisk; number: number }) {
    this.#pair = options.pair;
    this.#store = options.store;
    this.#disk = options.disk;
    this.#number = options.number;
    this.#active = this.#store.of(this.#pair.active);
  }

  async cutPassive(choice: SeededRandom): Promise<void> {
    const { active, passive } = this.#pair;
    await this.#change(choice, () => {});
    const after = this.#disk.cut();
    // Alone from here on: the active server neither sends nor answers until it is let go on.
    process.kill(active.daemon?.pid ?? 0, 'SIGSTOP');
    await passive.kill();
    await endUsersOf(this.#disk.folder);
    this.#disk.restore(after);
    await passive.start();
    await until('the passive server to hold what it was known to hold', WITHIN_MS, (seen) => {
      const content = contentNow(this.#store.of(passive), seen);
      if (content === null) return null;
      const found = this.#entries(content);
      seen(found.join());
      return found.includes(this.#entry) ? true : null;
    });
    process.kill(active.daemon?.pid ?? 0, 'SIGCONT');
    await this.#comesTogether();
  }

  async cutActive(choice: SeededRandom): Promise<void> {
    const { active } = this.#pair;
    // Wine itself makes nothing durable; what it loses is no fault of the product.
    await this.#change(choice, () => sync(this.#disk.folder));
    const after = this.#disk.cut();
    await active.kill();
    await endUsersOf(this.#disk.folder);
    this.#disk.restore(after);
    await active.start();
    await this.#comesTogether();
  }

  /** An entry that is Synchronized, then changes, and a moment in what becomes of them. */
  async #change(choice: SeededRandom, saved: () => void): Promise<void> {
    this.#active.edit([ledgerEntry(this.#number)]);
    await registriesEqual(this.#pair, this.#store);
    saved();
    this.#active.edit(randomEdits(this.#store, seededRandom(choice.integer(1, 1_000_000)), EDITS));
    await pause(choice.integer(0, CUT_WITHIN_MS));
  }

  async #comesTogether(): Promise<void> {
    await this.#pair.settled({ timeoutMs: WITHIN_MS });
    await registriesEqual(this.#pair, this.#store, WITHIN_MS);
    await registrySynchronized(this.#pair);
    expect(this.#entries(this.#store.of(this.#pair.passive).content)).toContain(this.#entry);
  }

  get #entry(): string {
    return `ENTRY ${this.#number}`;
  }

  #entries(content: TrialRegistry['content']): string[] {
    return content.flatMap((line) => /ENTRY \d+/.exec(line)?.[0] ?? []);
  }
}

/** Each stays. */
function ledgerEntry(number: number): RegistryEdit {
  return {
    kind: 'set',
    key: LEDGER,
    value: { name: `entry ${number}`, type: 4, data: Buffer.from([number, 0, 0, 0]) },
  };
}
