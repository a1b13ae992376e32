import type { HookMoment } from './hook.ts';
import type { Hooks } from './hooks.ts';
import { ManagerError, type ServiceFacts, type ServiceManager } from './service.ts';

/**
 * A manager whose services have hooks: what comes before a start or a stop is run first, and counts as part of it; what
 * comes after is run once it is seen done, and counts as part of a stop, so that a start waits for it. Hooks of one service
 * run one after the other; a kill waits for none.
 */
export class HookedManager implements ServiceManager {
  readonly #inner: ServiceManager;
  readonly #hooks: Pick<Hooks, 'has' | 'run'>;
  readonly #isPaused: () => boolean;
  readonly #changed: () => void;
  /** As what a service is shown while hooks run that are part of it. */
  readonly #busy = new Map<string, 'Starting' | 'Stopping'>();
  /** The last hooks of each service. */
  readonly #last = new Map<string, Promise<void>>();
  /** Begun here, and not yet seen done. */
  readonly #begun = new Map<string, 'start' | 'stop'>();
  /** Why its manager refused, once the hooks had been run. */
  readonly #refusals = new Map<string, string>();
  #isClosed = false;

  /** @param options.changed - told when hooks have been run. */
  constructor(options: {
    readonly inner: ServiceManager;
    readonly hooks: Pick<Hooks, 'has' | 'run'>;
    readonly isPaused: () => boolean;
    readonly changed: () => void;
  }) {
    this.#inner = options.inner;
    this.#hooks = options.hooks;
    this.#isPaused = options.isPaused;
    this.#changed = options.changed;
  }

  get title(): string {
    return this.#inner.title;
  }

  async look(services: readonly string[]): Promise<ReadonlyMap<string, ServiceFacts>> {
    try {
      return this.#seenAll(await this.#inner.look(services));
    } catch (error) {
      if (!(error instanceof ManagerError)) throw error;
      throw new ManagerError(error.message, { cause: error.cause, found: this.#seenAll(error.found) });
    }
  }

  #seenAll(found: ReadonlyMap<string, ServiceFacts>): Map<string, ServiceFacts> {
    return new Map([...found].map(([service, facts]) => [service, this.#seen(service, facts)]));
  }

  #seen(service: string, facts: ServiceFacts): ServiceFacts {
    const isDown = facts.state === 'Stopped' || facts.state === 'Failed';
    const begun = this.#begun.get(service);
    if (begun === 'start' && facts.state === 'Running') {
      this.#begun.delete(service);
      void this.#inTurn('afterStart', service);
    } else if (begun === 'stop' && isDown) {
      this.#begun.delete(service);
      if (this.#hooks.has('afterStop', service)) this.#busyWith('afterStop', service, 'Stopping', async () => {});
    }
    const busy = this.#busy.get(service);
    if (busy !== undefined) return { ...facts, state: busy };
    // Somebody else has started it: why it ends later is another matter.
    if (facts.state === 'Running') this.#refusals.delete(service);
    const refusal = this.#refusals.get(service);
    return refusal === undefined || !isDown ? facts : { ...facts, state: 'Failed', detail: refusal };
  }

  async start(service: string): Promise<void> {
    await this.#begin(service, 'start', () => this.#inner.start(service));
  }

  async stop(service: string): Promise<void> {
    await this.#begin(service, 'stop', () => this.#inner.stop(service));
  }

  /** What is asked for while hooks run is asked for again once they have been. */
  async #begin(service: string, what: 'start' | 'stop', act: () => Promise<void>): Promise<void> {
    if (this.#busy.has(service)) return;
    this.#refusals.delete(service);
    this.#begun.set(service, what);
    const before = what === 'start' ? 'beforeStart' : 'beforeStop';
    if (!this.#hooks.has(before, service)) return await act();
    this.#busyWith(before, service, what === 'start' ? 'Starting' : 'Stopping', async () => {
      if (!this.#isClosed && !this.#isPaused()) await act().catch((error: unknown) => this.#refused(service, error));
    });
  }

  /** Runs hooks that are part of what happens to the service, and then goes on. */
  #busyWith(when: HookMoment, service: string, state: 'Starting' | 'Stopping', goOn: () => Promise<void>): void {
    this.#busy.set(service, state);
    void this.#inTurn(when, service).then(async () => {
      this.#busy.delete(service);
      await goOn();
      this.#changed();
    });
  }

  #inTurn(when: HookMoment, service: string): Promise<void> {
    const turn = (this.#last.get(service) ?? Promise.resolve()).then(() => this.#hooks.run(when, service));
    this.#last.set(service, turn);
    return turn;
  }

  #refused(service: string, error: unknown): void {
    if (!(error instanceof ManagerError)) throw error;
    this.#refusals.set(service, error.message);
  }

  async kill(service: string): Promise<void> {
    const facts = (await this.#inner.look([service])).get(service);
    // Where only hooks go on there is nothing to end.
    const isDown = facts?.state === 'Stopped' || facts?.state === 'Failed';
    if (!isDown || facts.remains !== null) await this.#inner.kill(service);
  }

  permit(service: string, isPermitted: boolean): void {
    this.#inner.permit(service, isPermitted);
  }

  origin(service: string): Promise<readonly string[]> {
    return this.#inner.origin(service);
  }

  close(): void {
    this.#isClosed = true;
    this.#inner.close();
  }
}
