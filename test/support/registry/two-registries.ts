import { expect } from 'vitest';
import { systemTimers } from '../../../src/system/machine/timers.ts';
import { ActiveRegistry } from '../../../src/registry/active-registry.ts';
import { PassiveRegistry } from '../../../src/registry/passive-registry.ts';
import type { RegistryStore } from '../../../src/registry/registry-store.ts';
import { contentOf } from '../../../src/registry/registry.testing.ts';
import { ACME } from './protected-registry.ts';

const NAME = 'trial';
const PATTERNS = { include: ['HKLM\\Software\\Acme\\**'], exclude: [] };
const DUE = new Set([NAME]);

/** What the two servers do with their registries, without daemons: what is said of one is carried out on the other. */
export class TwoRegistries {
  /** What the passive side had to say, since it was started. */
  readonly news: string[] = [];
  readonly #here: RegistryStore;
  readonly #there: RegistryStore;
  readonly #batches: Buffer[] = [];
  #active: ActiveRegistry;
  #passive: PassiveRegistry;
  #isAdopted = false;
  #runs = 0;

  constructor(here: RegistryStore, there: RegistryStore) {
    this.#here = here;
    this.#there = there;
    this.#active = this.#newActive();
    this.#passive = this.#newPassive();
  }

  /** Both know nothing any more; what was said and not carried out is lost. */
  restart(): void {
    this.#batches.length = 0;
    this.news.length = 0;
    this.#active = this.#newActive();
    this.#passive = this.#newPassive();
  }

  /** Everything is stated, and made equal. */
  async state(): Promise<void> {
    await this.#active.state();
    await this.#carryOut();
  }

  /** What changed is told, and carried out. */
  async look(): Promise<void> {
    await this.#active.look(DUE);
    await this.#carryOut();
    await this.#passive.look(DUE, true);
  }

  async expectEqual(): Promise<void> {
    expect(contentOf(await this.#there.read([ACME]))).toEqual(contentOf(await this.#here.read([ACME])));
    expect(this.#active.states).toMatchObject([{ problem: null }]);
    expect(this.#passive.states).toMatchObject([{ problem: null, outOfSync: 0 }]);
  }

  async #carryOut(): Promise<void> {
    for (const bytes of this.#batches.splice(0)) await this.#passive.apply(bytes, () => {});
  }

  #newActive(): ActiveRegistry {
    return new ActiveRegistry({
      run: (this.#runs += 1),
      timers: systemTimers,
      stores: [{ name: NAME, store: this.#here, patterns: PATTERNS }],
      emit: ({ bytes }) => this.#batches.push(bytes),
    });
  }

  #newPassive(): PassiveRegistry {
    return new PassiveRegistry([
      {
        name: NAME,
        store: this.#there,
        patterns: PATTERNS,
        orphans: 'quarantine',
        isAdopted: this.#isAdopted,
        adopt: () => {
          this.#isAdopted = true;
        },
        keep: () => '/kept.reg',
        news: (one) => this.news.push(one.kind === 'kept' ? one.file : `${one.kind} ${one.item}: ${one.what}`),
        differs: () => {},
      },
    ]);
  }
}
