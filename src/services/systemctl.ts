import type { ProgramEnd, Programs } from '../kernel/programs.ts';
import { ManagerError } from './service.ts';
import type { UnitControl, UnitProperties, UnitStates } from './unit.ts';

const COMMAND_MS = 10_000;
/** As `systemctl show` names them, in the order of {@link propertiesOf}. */
const SHOWN = [
  ...['LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'Restart', 'MainPID', 'InvocationID', 'Result'],
  ...['NRestarts', 'DropInPaths', 'NeedDaemonReload', 'TriggeredBy', 'RequiredBy', 'BoundBy', 'RequisiteOf'],
  ...['ConsistsOf', 'Requires', 'BindsTo', 'Requisite', 'ActiveEnterTimestampMonotonic'],
  ...['ControlGroup', 'Slice', 'KillMode'],
];

/** systemd, asked by systemctl(1), which needs no message bus. Nothing is told by itself. */
export class SystemctlUnits implements UnitControl {
  readonly #programs: Programs;

  constructor(programs: Programs) {
    this.#programs = programs;
  }

  async states(units: readonly string[]): Promise<ReadonlyMap<string, UnitStates>> {
    const found = new Map<string, UnitStates>();
    for (const unit of units) found.set(unit, await this.properties(unit));
    return found;
  }

  async properties(unit: string): Promise<UnitProperties> {
    const { output } = await this.#run('show', `--property=${SHOWN.join(',')}`, '--', unit);
    const values = new Map<string, string>();
    for (const line of output.split('\n')) {
      const at = line.indexOf('=');
      if (at > 0) values.set(line.slice(0, at), line.slice(at + 1));
    }
    return propertiesOf((name) => values.get(name) ?? '');
  }

  async start(unit: string): Promise<void> {
    await this.#run('start', '--no-block', '--', unit);
  }

  async stop(unit: string): Promise<void> {
    await this.#run('stop', '--no-block', '--', unit);
  }

  async kill(unit: string): Promise<void> {
    await this.#run('kill', '--signal=SIGKILL', '--', unit);
  }

  async restart(unit: string): Promise<void> {
    await this.#run('restart', '--no-block', '--', unit);
  }

  async resetFailed(unit: string): Promise<void> {
    await this.#run('reset-failed', '--', unit);
  }

  async reload(): Promise<void> {
    await this.#run('daemon-reload');
  }

  async watch(): Promise<void> {
    // Whoever looks again and again misses nothing.
  }

  close(): void {
    // Nothing is kept open.
  }

  async #run(...parameters: readonly string[]): Promise<ProgramEnd> {
    const end = await this.#programs.run(['systemctl', ...parameters], { timeoutMs: COMMAND_MS });
    if (end.status === 0) return end;
    throw new ManagerError(`systemctl ${parameters[0] ?? ''}: ${end.error.trim() || `status ${end.status}`}`);
  }
}

/** @param text - a property as systemctl prints it: lists with spaces between. */
export function propertiesOf(text: (name: string) => string): UnitProperties {
  const list = (...names: readonly string[]): string[] =>
    names.flatMap((name) => text(name).split(' ')).filter((one) => one !== '');
  return {
    loadState: text('LoadState'),
    activeState: text('ActiveState'),
    subState: text('SubState'),
    fileState: text('UnitFileState'),
    restart: text('Restart'),
    mainProcess: Number(text('MainPID')) || 0,
    run: text('InvocationID'),
    result: text('Result'),
    restarts: Number(text('NRestarts')) || 0,
    dropIns: list('DropInPaths'),
    needsReload: text('NeedDaemonReload') === 'yes',
    triggeredBy: list('TriggeredBy'),
    requiredBy: list('RequiredBy', 'BoundBy', 'RequisiteOf', 'ConsistsOf'),
    requires: list('Requires', 'BindsTo', 'Requisite'),
    startedAtUs: Number(text('ActiveEnterTimestampMonotonic')) || 0,
    controlGroup: text('ControlGroup'),
    slice: text('Slice'),
    killMode: text('KillMode'),
  };
}
