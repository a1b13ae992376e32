import { BusError, type OpenBus } from '../kernel/message-bus.ts';
import type { Programs } from '../kernel/programs.ts';
import { ManagerError } from './service.ts';
import { SystemctlUnits } from './systemctl.ts';
import { SystemdBus } from './systemd-bus.ts';
import type { UnitControl, UnitProperties, UnitStates } from './unit.ts';

/** systemd by its message bus, and by systemctl(1) while there is no bus. */
export class SystemdUnits implements UnitControl {
  readonly #bus: SystemdBus;
  readonly #systemctl: SystemctlUnits;

  constructor(options: { openBus: OpenBus; programs: Programs; changed: (unit: string) => void }) {
    this.#bus = new SystemdBus(options.openBus, options.changed);
    this.#systemctl = new SystemctlUnits(options.programs);
  }

  states(units: readonly string[]): Promise<ReadonlyMap<string, UnitStates>> {
    return this.#either((each) => each.states(units));
  }

  properties(unit: string): Promise<UnitProperties> {
    return this.#either((units) => units.properties(unit));
  }

  start(unit: string): Promise<void> {
    return this.#either((units) => units.start(unit));
  }

  stop(unit: string): Promise<void> {
    return this.#either((units) => units.stop(unit));
  }

  kill(unit: string): Promise<void> {
    return this.#either((units) => units.kill(unit));
  }

  restart(unit: string): Promise<void> {
    return this.#either((units) => units.restart(unit));
  }

  resetFailed(unit: string): Promise<void> {
    return this.#either((units) => units.resetFailed(unit));
  }

  reload(): Promise<void> {
    return this.#either((units) => units.reload());
  }

  watch(units: readonly string[]): Promise<void> {
    return this.#either((each) => each.watch(units));
  }

  close(): void {
    this.#bus.close();
  }

  async #either<Result>(ask: (units: UnitControl) => Promise<Result>): Promise<Result> {
    try {
      return await ask(this.#bus);
    } catch (error) {
      if (!(error instanceof ManagerError) || !isWithoutBus(error.cause)) throw error;
      return await ask(this.#systemctl);
    }
  }
}

/** It could not be reached at all, so that nothing was asked. What was asked and not answered is not asked again. */
function isWithoutBus(cause: unknown): boolean {
  return cause instanceof BusError && (cause.kind === 'Unreachable' || cause.kind === 'AccessDenied');
}
