import type { ServiceState } from './service.ts';

/** What systemd says of a unit. */
export interface UnitProperties {
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  /** `enabled`, `disabled`, `static`, `masked`, …; empty where systemd has no file of it. */
  readonly fileState: string;
  /** Of a service: `no`, `always`, `on-failure`, … */
  readonly restart: string;
  readonly mainProcess: number;
  /** Another one at each start; empty before the first. */
  readonly run: string;
  /** `success`, `exit-code`, `start-limit-hit`, … */
  readonly result: string;
  /** How often systemd has restarted it by itself. */
  readonly restarts: number;
  readonly dropIns: readonly string[];
  /** Its files changed, and systemd has not read them yet. */
  readonly needsReload: boolean;
  /** Sockets, timers and paths that start it. */
  readonly triggeredBy: readonly string[];
  /** Units that need it, and would start it with them. */
  readonly requiredBy: readonly string[];
  readonly requires: readonly string[];
  /** When it was started last, in microseconds of the monotonic clock; 0 where it never was. */
  readonly startedAtUs: number;
  /** Of a service: its control group; empty where systemd has let go of it, though processes may be left there. */
  readonly controlGroup: string;
  /** The slice that the group belongs to. */
  readonly slice: string;
  /** Of a service: `control-group`, `mixed`, `process`, `none`; empty where it has none. */
  readonly killMode: string;
}

/** In systemd's words. */
export type UnitStates = Pick<UnitProperties, 'loadState' | 'activeState' | 'subState'>;

/** How a unit's state is spelled for people. */
export function stateOf({ loadState, activeState }: Pick<UnitProperties, 'loadState' | 'activeState'>): ServiceState {
  if (loadState === 'not-found') return 'Missing';
  switch (activeState) {
    case 'active':
    case 'reloading':
    case 'refreshing':
      return 'Running';
    case 'activating':
      return 'Starting';
    case 'deactivating':
      return 'Stopping';
    case 'failed':
      return 'Failed';
    default:
      return 'Stopped';
  }
}

/**
 * Will somebody start it who was not asked to at that moment? What a generator of systemd says at each boot anew
 * (`enabled-runtime`) can't be taken away; where a guard refuses it that counts for nothing.
 */
export function startOf(
  { fileState }: Pick<UnitProperties, 'fileState'>,
  isGuarded: boolean = false,
): 'Manual' | 'Automatic' {
  return fileState === 'enabled' || (fileState === 'enabled-runtime' && !isGuarded) ? 'Automatic' : 'Manual';
}

export function recoveryOf({ restart }: Pick<UnitProperties, 'restart'>): string {
  return restart === 'no' || restart === '' ? 'Take No Action' : `Restart (${restart})`;
}

/** The control group of a service, also once systemd has let go of it; null where it can't be told. */
export function groupOf(
  service: string,
  { controlGroup, slice }: Pick<UnitProperties, 'controlGroup' | 'slice'>,
): string | null {
  if (controlGroup !== '') return controlGroup;
  if (!slice.endsWith('.slice')) return null;
  const parts = slice.slice(0, -'.slice'.length).split('-');
  // `a-b.slice` lies in `a.slice`; `-.slice` is the top.
  const slices = slice === '-.slice' ? [] : parts.map((_, index) => `${parts.slice(0, index + 1).join('-')}.slice`);
  return `/${[...slices, service].join('/')}`;
}

/** Does systemd end all processes of a unit when it stops it? Otherwise some are meant to outlive it. */
export function endsAll({ killMode }: Pick<UnitProperties, 'killMode'>): boolean {
  return killMode === 'control-group' || killMode === 'mixed';
}

/** Does systemd know units of that kind that can be protected? Of a template only its instances are units. */
export function isUnitName(name: string): boolean {
  return /^[A-Za-z0-9:_.\\@-]{1,200}(?<!@)\.(service|socket|timer|path|target|mount)$/.test(name);
}

/** Who is asked about units: systemd over the message bus, or systemctl(1). All fail with a ManagerError. */
export interface UnitControl {
  /** How units are, and nothing else of them: far cheaper than {@link properties}. */
  states(units: readonly string[]): Promise<ReadonlyMap<string, UnitStates>>;
  properties(unit: string): Promise<UnitProperties>;
  start(unit: string): Promise<void>;
  stop(unit: string): Promise<void>;
  kill(unit: string): Promise<void>;
  /** Started also where it did not run. */
  restart(unit: string): Promise<void>;
  /** A unit that failed, or was started too often, may be started again. */
  resetFailed(unit: string): Promise<void>;
  /** systemd reads all its files anew. */
  reload(): Promise<void>;
  /** From now on what happens to them is told, where that can be had. */
  watch(units: readonly string[]): Promise<void>;
  close(): void;
}
