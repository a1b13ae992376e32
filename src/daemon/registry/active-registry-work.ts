import type { Timers } from '../../kernel/clock.ts';
import { ActiveRegistry } from '../../registry/active-registry.ts';
import { isProblem, type Problem, toData } from '../../problems/problem.ts';
import type { FromRegistry, RegistryLook, RegistryStart, StandingProblem } from './registry-messages.ts';
import type { RegistryReport } from './registry-report.ts';
import { lookAtKey } from './registry-look.ts';
import { openStore } from './registry-stores.ts';
import type { RegistryOrder, RegistryWork } from './registry-work.ts';

/** A file that is being written is damaged for a moment: so often it must be met. */
const DAMAGED_TIMES = 3;

/** The active server's registries: what they hold goes into the stream. */
export class ActiveRegistryWork implements RegistryWork {
  readonly #registry: ActiveRegistry;
  /** How often each store was damaged, one time after the other. */
  readonly #damaged = new Map<string, number>();

  constructor(
    start: RegistryStart,
    { timers, tell }: { readonly timers: Timers; readonly tell: (message: FromRegistry) => void },
  ) {
    // It is looked at often enough.
    const freed = (): void => {};
    this.#registry = new ActiveRegistry({
      run: start.run,
      refused: start.refused ?? [],
      timers,
      stores: start.stores.map((settings) => ({
        name: settings.name,
        store: openStore(settings, { ...start, mustExist: true, freed }),
        patterns: settings,
      })),
      emit: (batch) => tell({ kind: 'batch', ...batch }),
    });
  }

  /** @returns false for what only a passive server does. */
  async take(message: RegistryOrder): Promise<boolean> {
    if (message.kind === 'state') await this.#registry.state();
    else if (message.kind === 'check') await this.#registry.check(message.id, message.repair);
    else return false;
    return true;
  }

  async look(due: ReadonlySet<string>): Promise<void> {
    await this.#registry.look(due);
    for (const { store, problem } of this.#registry.states) {
      if (!due.has(store)) continue;
      if (isProblem(problem, 'REG-004')) this.#damaged.set(store, (this.#damaged.get(store) ?? 0) + 1);
      else this.#damaged.delete(store);
    }
  }

  async lookAt(path: string): Promise<RegistryLook> {
    return await lookAtKey(path, (store, key) => this.#registry.lookAt(store, key));
  }

  problems(): readonly StandingProblem[] {
    return this.#registry.states.flatMap(({ store, problem }) =>
      problem === null || this.#isPassing(store, problem)
        ? []
        : [{ problem: toData(problem), item: store, action: null }],
    );
  }

  report(): Omit<RegistryReport, 'isBusy'> {
    const stores = this.#registry.states.map(({ store, keys, stated, problem, isSettled }) => ({
      name: store,
      keys,
      stated,
      outOfSync: 0,
      failed: problem !== null && !this.#isPassing(store, problem),
      isSettled: isSettled && problem === null,
    }));
    return { role: 'active', run: this.#registry.run, batch: this.#registry.sent, check: null, stores };
  }

  #isPassing(store: string, problem: Problem): boolean {
    return isProblem(problem, 'REG-004') && (this.#damaged.get(store) ?? 0) < DAMAGED_TIMES;
  }
}
