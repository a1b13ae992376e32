import type { ConfigFiles } from '../kernel/config-files.ts';
import type { ProcessTraces } from '../kernel/process-traces.ts';
import { dropInOf, type GuardedUnit, PERMIT_FOLDER, permitOf } from './guard.ts';
import type { AttachedUnit, Remains, ServiceFacts, ServiceManager } from './service.ts';
import { UNKNOWN_SERVICE } from './service.ts';
import {
  endsAll,
  groupOf,
  isUnitName,
  recoveryOf,
  startOf,
  stateOf,
  type UnitControl,
  type UnitProperties,
  type UnitStates,
} from './unit.ts';

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;
/** A service that needs half the machine is described by fewer. */
const ATTACHED_MAX = 20;
/** So many looks may go by before everything is asked again. */
const LOOKS_BETWEEN = 9;
/** What came up that soon after the machine was started with it. */
const BOOT_US = 120_000_000;

/** systemd, with the guard that keeps everybody else from starting a service that was adopted. */
export class SystemdManager implements ServiceManager {
  readonly title = 'systemd';
  readonly #control: UnitControl;
  readonly #files: ConfigFiles;
  readonly #traces: ProcessTraces;
  readonly #unitsOf: (service: string) => readonly GuardedUnit[];
  readonly #known = new Map<string, { readonly properties: UnitProperties; looksLeft: number }>();
  /** How often all was: what was asked for before is not known afterwards. */
  #forgotten = 0;
  /** Control groups of services that count as stopped and have processes that are to end. */
  readonly #left = new Map<string, string>();
  /** What ran with a service when it was stopped here: whoever had started it, a restart takes it along. */
  readonly #ranWith = new Map<string, Set<string>>();

  /** @param options.unitsOf - what was adopted with a service, itself included; empty where it was not. */
  constructor(options: {
    readonly control: UnitControl;
    readonly files: ConfigFiles;
    readonly traces: ProcessTraces;
    readonly unitsOf: (service: string) => readonly GuardedUnit[];
  }) {
    this.#control = options.control;
    this.#files = options.files;
    this.#traces = options.traces;
    this.#unitsOf = options.unitsOf;
  }

  /** It changed: what was known of it is of no use any more. */
  forget(unit: string): void {
    this.#known.delete(unit);
  }

  /** Files of units were changed, and systemd has read them. */
  forgetAll(): void {
    this.#known.clear();
    this.#forgotten += 1;
  }

  async look(services: readonly string[]): Promise<ReadonlyMap<string, ServiceFacts>> {
    const found = new Map<string, ServiceFacts>();
    const units = [...new Set(services.filter(isUnitName).flatMap((one) => [one, ...this.#attachedTo(one)]))];
    await this.#control.watch(units);
    const states = units.length === 0 ? new Map<string, UnitStates>() : await this.#control.states(units);
    for (const service of services) found.set(service, await this.#lookAt(service, states));
    return found;
  }

  #attachedTo(service: string): string[] {
    return this.#unitsOf(service)
      .filter(({ kind }) => kind !== 'service')
      .map(({ name }) => name);
  }

  /** All of it is asked for when its state changed, when systemd said that it changed, and every few looks. */
  async #properties(unit: string, states: ReadonlyMap<string, UnitStates>): Promise<UnitProperties> {
    const known = this.#known.get(unit);
    const state = states.get(unit);
    if (known !== undefined && known.looksLeft > 0 && state !== undefined && isAs(known.properties, state)) {
      known.looksLeft -= 1;
      return known.properties;
    }
    const forgotten = this.#forgotten;
    const properties = await this.#control.properties(unit);
    if (forgotten === this.#forgotten) this.#known.set(unit, { properties, looksLeft: LOOKS_BETWEEN });
    return properties;
  }

  async #lookAt(service: string, states: ReadonlyMap<string, UnitStates>): Promise<ServiceFacts> {
    if (!isUnitName(service)) return UNKNOWN_SERVICE;
    const unit = await this.#properties(service, states);
    const adopted = this.#unitsOf(service).filter(({ kind }) => kind !== 'service');
    const attached: (AttachedUnit & { isAutomatic: boolean })[] = [];
    for (const { name, kind } of adopted) {
      const properties = await this.#properties(name, states);
      const isAutomatic = startOf(properties, isGuarded(name, properties)) === 'Automatic';
      attached.push({ name, kind: kind as AttachedUnit['kind'], state: stateOf(properties), isAutomatic });
    }
    return {
      state: stateOf(unit),
      run: unit.run === '' ? null : unit.run,
      detail: detailOf(unit),
      start: attached.some(({ isAutomatic }) => isAutomatic) ? 'Automatic' : startOf(unit, isGuarded(service, unit)),
      recovery: recoveryOf(unit),
      isGuarded: this.#unitsOf(service).length === 0 ? null : isGuarded(service, unit),
      attached,
      idleDependencies: await this.#idleDependencies(unit),
      remains: this.#remains(service, unit),
    };
  }

  /** A unit that is started too often while it stops is given up by systemd, and with it what still runs of it. */
  #remains(service: string, unit: UnitProperties): Remains | null {
    this.#left.delete(service);
    const state = stateOf(unit);
    const group = state === 'Stopped' || state === 'Failed' ? groupOf(service, unit) : null;
    const processes = group === null ? [] : this.#traces.inGroup(group);
    if (group === null || processes.length === 0) return null;
    if (endsAll(unit)) this.#left.set(service, group);
    const evidence = processes.slice(0, ATTACHED_MAX).flatMap((one) => this.#traces.lineage(one) ?? []);
    const meant = endsAll(unit) ? null : `KillMode=${unit.killMode}`;
    return { processes, evidence: evidence.map((line) => `${line}.`), meant };
  }

  async #idleDependencies(unit: UnitProperties): Promise<string[]> {
    const names = unit.requires.filter((one) => one.endsWith('.service')).slice(0, ATTACHED_MAX);
    const states = names.length === 0 ? new Map<string, UnitStates>() : await this.#control.states(names);
    const isIdle = ({ loadState, activeState }: UnitStates): boolean =>
      loadState === 'loaded' && !['active', 'activating', 'reloading'].includes(activeState);
    return [...states].filter(([, state]) => isIdle(state)).map(([name]) => name);
  }

  async start(service: string): Promise<void> {
    const ran = this.#ranWith.get(service);
    this.#ranWith.delete(service);
    const attached = this.#unitsOf(service).filter(({ name, isWanted }) => isWanted || ran?.has(name) === true);
    const ofKind = (kind: GuardedUnit['kind']): string[] =>
      attached.filter((unit) => unit.kind === kind).map(({ name }) => name);
    await eachOf([...ofKind('trigger'), service, ...ofKind('dependent')], async (unit) => {
      await this.#control.resetFailed(unit).catch(() => {});
      await this.#control.start(unit);
    });
  }

  async stop(service: string): Promise<void> {
    // What would start it again goes first.
    const attached = this.#unitsOf(service).filter(({ kind }) => kind !== 'service');
    await this.#remember(service);
    await eachOf([...attached.map(({ name }) => name), service], (unit) => this.#control.stop(unit));
    const group = this.#left.get(service);
    if (group !== undefined) this.#traces.endGroup(group, 'SIGTERM');
  }

  async #remember(service: string): Promise<void> {
    const names = this.#attachedTo(service);
    const states = names.length === 0 ? null : await this.#control.states(names).catch(() => null);
    const ran = [...(states ?? [])].filter(([, state]) => ['Running', 'Starting'].includes(stateOf(state)));
    // It may have to be asked to stop more than once.
    const before = this.#ranWith.get(service) ?? [];
    this.#ranWith.set(service, new Set([...before, ...ran.map(([name]) => name)]));
  }

  async kill(service: string): Promise<void> {
    const group = this.#left.get(service);
    if (group === undefined) return await this.#control.kill(service);
    // systemd has let go of them.
    this.#traces.endGroup(group, 'SIGKILL');
  }

  permit(service: string, isPermitted: boolean): void {
    const file = permitOf(service);
    if (!isPermitted) return this.#files.remove(file);
    if (this.#files.read(file) !== null) return;
    this.#files.makeFolder(PERMIT_FOLDER, FOLDER_MODE);
    this.#files.write(file, '', FILE_MODE);
  }

  async origin(service: string): Promise<readonly string[]> {
    const unit = await this.#control.properties(service);
    const said = [...(await this.#active(unit.triggeredBy, 'which starts it when it is asked for, is active'))];
    said.push(...(await this.#active(unit.requiredBy, 'which needs it, runs')));
    for (const command of this.#traces.commandsAbout(service)) said.push(`This command is running: ${command}.`);
    if (unit.restarts > 0) said.push(`systemd has restarted it ${unit.restarts} times (Restart=${unit.restart}).`);
    const isBoot = unit.startedAtUs > 0 && unit.startedAtUs - this.#traces.startedAtUs() < BOOT_US;
    if (isBoot && startOf(unit) === 'Automatic') said.push('The machine was started with it: the unit is enabled.');
    if (said.length === 0) said.push('systemd was asked to start it by a command that has ended meanwhile.');
    const lineage = unit.mainProcess > 0 ? this.#traces.lineage(unit.mainProcess) : null;
    if (lineage !== null) said.push(`Its main process: ${lineage}.`);
    said.push(this.#passedBy(service, unit));
    return said;
  }

  async #active(units: readonly string[], what: string): Promise<string[]> {
    const said: string[] = [];
    for (const name of units.slice(0, ATTACHED_MAX)) {
      const state = stateOf(await this.#control.properties(name));
      if (state === 'Running' || state === 'Starting') said.push(`${name}, ${what}.`);
    }
    return said;
  }

  /** How it got past the guard. */
  #passedBy(service: string, unit: UnitProperties): string {
    const file = dropInOf(service);
    if (this.#files.read(file) === null) return `The guard ${file} is gone.`;
    if (!unit.dropIns.includes(file) || unit.needsReload) return `systemd has not read the guard ${file}.`;
    if (this.#files.read(permitOf(service)) !== null) return `Somebody made ${permitOf(service)}, which permits it.`;
    const after = unit.dropIns.filter((path) => nameOf(path) > nameOf(file));
    if (after.length > 0) return `The guard is set aside by ${after.join(', ')}.`;
    return 'It ran before the guard was there, or was started past systemd.';
  }

  close(): void {
    this.#control.close();
  }
}

/** One that fails keeps none of the others from it; the first failure is told. */
async function eachOf(units: readonly string[], action: (unit: string) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const unit of units) await action(unit).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

function isAs(properties: UnitProperties, state: UnitStates): boolean {
  const { loadState, activeState, subState } = state;
  return (
    properties.loadState === loadState && properties.activeState === activeState && properties.subState === subState
  );
}

function isGuarded(service: string, unit: UnitProperties): boolean {
  return unit.dropIns.includes(dropInOf(service)) && !unit.needsReload;
}

function detailOf({ result, loadState, subState }: UnitProperties): string | null {
  if (loadState === 'masked') return 'it is masked';
  if (subState === 'auto-restart') return 'systemd waits to restart it';
  return result === '' || result === 'success' ? null : `systemd says ${result}`;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What is guarded when a service is adopted: itself, what triggers it, and what needs it. */
export async function unitsToGuard(control: UnitControl, service: string): Promise<GuardedUnit[]> {
  const isUp = (unit: UnitProperties): boolean =>
    ['Running', 'Starting'].includes(stateOf(unit)) || startOf(unit) === 'Automatic';
  const own = await control.properties(service);
  const units: GuardedUnit[] = [{ name: service, kind: 'service', isWanted: true }];
  const add = async (names: readonly string[], kind: 'trigger' | 'dependent'): Promise<void> => {
    for (const name of names.slice(0, ATTACHED_MAX)) {
      // A target stands for a state of the machine, not for something that runs.
      if (!isUnitName(name) || name.endsWith('.target') || units.some((unit) => unit.name === name)) continue;
      units.push({ name, kind, isWanted: isUp(await control.properties(name)) });
    }
  };
  await add(own.triggeredBy, 'trigger');
  await add(own.requiredBy, 'dependent');
  return units;
}
