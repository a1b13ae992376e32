import { join } from 'node:path';
import type { Seen, ServiceCommands } from './commands.ts';
import type { ServiceFacts, ServiceRule, ServiceState } from './service.ts';

/** A service manager that is nothing but a few commands. */
export interface Supervisor {
  commandsOf(service: string, times: Pick<ServiceRule, 'startTimeoutMs' | 'stopTimeoutMs'>): ServiceCommands;
  /** A file that keeps it from starting the service by itself, as long as it is there; null where it knows no such thing. */
  downFileOf(service: string): string | null;
}

/** Where the folders of services are, where only a name is given. */
const FOLDERS = { runit: '/etc/service', s6: '/run/service' } as const;
/** A command that waits for the service ends a little before it would be ended. */
const SLACK_MS = 1_000;

/** `sv`. A service is a folder; one that is started once is not started again when it ends. */
const runit: Supervisor = {
  commandsOf(service, times) {
    const folder = folderOf('runit', service);
    const waiting = (ms: number): string[] => ['sv', '-v', '-w', String(Math.ceil(ms / 1000))];
    return {
      start: [...waiting(times.startTimeoutMs), 'once', folder],
      stop: [...waiting(times.stopTimeoutMs), 'down', folder],
      status: ['sv', 'status', folder],
      kill: ['sv', 'kill', folder],
      timeoutMs: longest(times),
      seen: (_status, output) => seenByRunit(output),
    };
  },
  downFileOf: (service) => join(folderOf('runit', service), 'down'),
};

/** @param output - `run: /etc/service/shop: (pid 12) 5s, normally down, want down` */
export function seenByRunit(output: string): Seen | null {
  if (output.includes('file does not exist')) return { state: 'Missing' };
  const word = /^(\w+): /.exec(output)?.[1];
  const wantsDown = output.includes(', want down');
  if (word === 'run') {
    const start = output.includes(', normally down') ? 'Manual' : 'Automatic';
    return { state: 'Running', start, recovery: recoveryOf(!wantsDown) };
  }
  const start = output.includes(', normally up') ? 'Automatic' : 'Manual';
  if (word === 'finish') return { state: 'Stopping', start, recovery: recoveryOf(!wantsDown) };
  if (word !== 'down') return null;
  const wantsUp = output.includes(', want up');
  return { state: wantsUp ? 'Starting' : 'Stopped', start, recovery: recoveryOf(wantsUp) };
}

/** `s6-svc`. A service is a folder, as with runit. */
const s6: Supervisor = {
  commandsOf(service, times) {
    const folder = folderOf('s6', service);
    return {
      start: ['s6-svc', '-wu', '-T', String(times.startTimeoutMs), '-o', folder],
      stop: ['s6-svc', '-wD', '-T', String(times.stopTimeoutMs), '-d', folder],
      status: ['s6-svstat', '-o', 'up,wantedup,normallyup', folder],
      kill: ['s6-svc', '-k', folder],
      timeoutMs: longest(times),
      seen: (status, output) => (status === 0 ? seenByS6(output) : null),
    };
  },
  downFileOf: (service) => join(folderOf('s6', service), 'down'),
};

/** @param output - `true false false`: whether it is up, is wanted up, and would be started with the supervisor. */
export function seenByS6(output: string): Seen | null {
  const [isUp, isWanted, isNormal] = output.trim().split(' ');
  if (isNormal === undefined) return null;
  const state: ServiceState = isUp === 'true' ? 'Running' : isWanted === 'true' ? 'Starting' : 'Stopped';
  return { state, start: isNormal === 'true' ? 'Automatic' : 'Manual', recovery: recoveryOf(isWanted === 'true') };
}

const STATES_OF_SUPERVISORD: Readonly<Record<string, ServiceState>> = {
  RUNNING: 'Running',
  STARTING: 'Starting',
  BACKOFF: 'Starting',
  STOPPING: 'Stopping',
  STOPPED: 'Stopped',
  EXITED: 'Stopped',
  FATAL: 'Failed',
};

/**
 * `supervisorctl`. It does not tell whether it would start a program by itself, and can't be kept from it from outside.
 * @param ctl - with what it needs to find the one that is meant.
 */
export function supervisord(ctl: readonly string[] = ['supervisorctl']): Supervisor {
  return {
    commandsOf: (service, times) => ({
      start: [...ctl, 'start', service],
      stop: [...ctl, 'stop', service],
      status: [...ctl, 'status', service],
      kill: [...ctl, 'signal', 'KILL', service],
      timeoutMs: longest(times),
      seen: (_status, output) => seenBySupervisord(output),
    }),
    downFileOf: () => null,
  };
}

/** @param output - `shop   RUNNING   pid 12, uptime 0:00:01` */
export function seenBySupervisord(output: string): Seen | null {
  if (output.includes('ERROR (no such process)') || output.includes('ERROR (no such group)'))
    return { state: 'Missing' };
  const state = STATES_OF_SUPERVISORD[output.trim().split(/\s+/)[1] ?? ''];
  return state === undefined ? null : { state };
}

export const SUPERVISORS = { runit, s6, supervisord: supervisord() } as const;

function folderOf(supervisor: keyof typeof FOLDERS, service: string): string {
  return service.startsWith('/') ? service : join(FOLDERS[supervisor], service);
}

function longest({ startTimeoutMs, stopTimeoutMs }: Pick<ServiceRule, 'startTimeoutMs' | 'stopTimeoutMs'>): number {
  return Math.max(startTimeoutMs, stopTimeoutMs) + SLACK_MS;
}

/** What it does when the service ends by itself. */
function recoveryOf(isStartedAgain: boolean): ServiceFacts['recovery'] {
  return isStartedAgain ? 'Restart' : 'Take No Action';
}
