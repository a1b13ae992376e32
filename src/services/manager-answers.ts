import type { Cancel, Timers } from '../kernel/clock.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import { ManagerError, type ServiceFacts, type ServiceManager } from './service.ts';

/** One manager that is slow to answer keeps the services of the others waiting for no longer. */
const ANSWER_MS = 500;

export interface ManagerAnswersOptions {
  readonly managers: Readonly<Record<string, ServiceManager>>;
  readonly timers: Pick<Timers, 'after'>;
  readonly findings: {
    raise(problem: ProblemData, about: { item: string }): void;
    clear(code: ProblemCode, item: string): void;
  };
  /** Another one when what was answered before counts no more. */
  readonly version: () => number;
  /** Told when one has answered that was not waited for any more. */
  readonly answeredLate: () => void;
}

/** What managers say of services. Each is asked by itself, so that one that hangs hides nothing of the others. */
export class ManagerAnswers {
  readonly #options: ManagerAnswersOptions;
  /** By the service; those that could not be asked about are not there. */
  readonly facts = new Map<string, ServiceFacts>();
  readonly #asking = new Map<string, Promise<void>>();
  /** These have answered since {@link ask}, which did not wait for it. */
  readonly #late = new Set<string>();

  constructor(options: ManagerAnswersOptions) {
    this.#options = options;
  }

  /** Was this manager asked, and has not answered? What is known of its services is old then. */
  isWaitedFor(manager: string): boolean {
    return this.#asking.has(manager);
  }

  /** Asks all, and waits a while for each. */
  async ask(services: readonly { readonly name: string; readonly manager: string }[]): Promise<void> {
    const { managers, findings } = this.#options;
    const waited: Promise<void>[] = [];
    for (const [kind, manager] of Object.entries(managers)) {
      const names = services.filter((one) => one.manager === kind).map(({ name }) => name);
      if (names.length === 0) findings.clear('SVC-003', kind);
      else waited.push(this.#answered(kind, manager, names));
    }
    await Promise.all(waited);
  }

  async #answered(kind: string, manager: ServiceManager, names: readonly string[]): Promise<void> {
    // One that is slow would be late each time if it were asked again when it has answered.
    if (this.#asking.has(kind) || this.#late.delete(kind)) return;
    let isLate = false;
    const asking = this.#askOne(kind, manager, names).finally(() => {
      this.#asking.delete(kind);
      if (!isLate) return;
      this.#late.add(kind);
      this.#options.answeredLate();
    });
    this.#asking.set(kind, asking);
    let cancel: Cancel = () => {};
    const late = new Promise<void>((done) => {
      cancel = this.#options.timers.after(ANSWER_MS, () => {
        isLate = true;
        done();
      });
    });
    await Promise.race([asking, late]);
    cancel();
  }

  async #askOne(kind: string, manager: ServiceManager, names: readonly string[]): Promise<void> {
    const { findings, version } = this.#options;
    const asked = version();
    try {
      const found = await manager.look(names);
      if (version() !== asked) return;
      for (const [name, facts] of found) this.facts.set(name, facts);
      findings.clear('SVC-003', kind);
    } catch (error) {
      if (!(error instanceof ManagerError)) throw error;
      for (const name of names) this.facts.delete(name);
      for (const [name, facts] of error.found) this.facts.set(name, facts);
      findings.raise(
        { code: 'SVC-003', parameters: { manager: manager.title, reason: error.message } },
        { item: kind },
      );
    }
  }
}
