import type { Fault } from '../faults.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { FaultKind } from './fault.ts';
import { anyFileOfCopy } from './machine-faults.ts';
import type { Role, SoakRig } from './rig.ts';

type Orders = (rig: SoakRig, random: SeededRandom) => readonly Fault[];

const SLOW_MS = { min: 20, max: 400 } as const;
const CLOCK_MS_MAX = 3_600_000;
/** Whatever changes a file system. */
const CHANGING = ['pwrite', 'write', 'mkdirat', 'unlinkat', 'renameat2', 'linkat', 'mknodat', 'symlinkat'];
const DRESSING = ['fchmod', 'fchown', 'futimens', 'ftruncate', 'fsetxattr', 'lsetxattr', 'fallocate'];
const PASSIVE_CALLS = [
  'openat',
  'pread',
  'pwrite',
  'statx',
  'renameat2',
  'linkat',
  'unlinkat',
  'mkdirat',
  'syncfs',
  'fsync',
];
const ACTIVE_CALLS = ['openat', 'pread', 'statx', 'getdents64', 'readlinkat'];

/** Calls that fail, are late or hang, by the door for tests (src/system/native/faults.ts). */
export const CALL_FAULTS: readonly FaultKind[] = [
  onCalls('EIO on data', 'passive', 3, (rig, random) => [
    { call: random.pick(PASSIVE_CALLS) ?? '*', path: `${rig.server('passive').data}*`, error: 'EIO' },
  ]),
  onCalls('EIO on data', 'active', 3, (rig, random) => [
    { call: random.pick(ACTIVE_CALLS) ?? '*', path: `${rig.server('active').data}*`, error: 'EIO' },
  ]),
  onCalls('EIO on one file', 'passive', 2, (rig, random) => onOneFile(rig, random, 'passive', 'EIO')),
  onCalls('EIO on one file', 'active', 2, (rig, random) => onOneFile(rig, random, 'active', 'EIO')),
  onCalls('permission denied', 'active', 2, (rig, random) => onOneFile(rig, random, 'active', 'EACCES')),
  onCalls('permission denied', 'passive', 2, (rig, random) => onOneFile(rig, random, 'passive', 'EACCES')),
  onCalls('read-only data', 'passive', 2, (rig) =>
    [...CHANGING, ...DRESSING].map((call) => ({ call, path: `${rig.server('passive').data}*`, error: 'EROFS' })),
  ),
  ...(['active', 'passive'] as const).flatMap((role) => [
    onCalls('EIO on the queue', role, 1, (rig, random) => [
      {
        call: random.pick(['pwrite', 'fdatasync', 'fsync', 'openat', 'pread']) ?? '*',
        path: `${queues(rig, role)}*`,
        error: 'EIO',
      },
    ]),
    onCalls('EIO on the state', role, 1, (rig, random) => [
      {
        call: random.pick(['commit', 'fsync', 'pwrite', 'write', 'fdatasync']) ?? '*',
        path: `${rig.server(role).stateDirectory}*`,
        error: 'EIO',
      },
    ]),
    onCalls('slow disk', role, 2, (rig, random) => [
      {
        call: random.pick(['pread', 'pwrite', 'openat', 'syncfs', 'fdatasync']) ?? '*',
        path: `${home(rig, role)}*`,
        delayMs: random.integer(SLOW_MS.min, SLOW_MS.max),
      },
    ]),
    onCalls('hung disk', role, 1, (rig, random) => [
      {
        call: random.pick(['pread', 'pwrite', 'statx', 'syncfs', 'fdatasync', 'commit']) ?? '*',
        path: `${home(rig, role)}*`,
        delayMs: -1,
      },
    ]),
    onCalls('wall clock', role, 1, (_rig, random) => [
      { call: 'clock', aheadMs: random.integer(-CLOCK_MS_MAX, CLOCK_MS_MAX) },
    ]),
  ]),
];

function onCalls(name: string, role: Role, weight: number, orders: Orders): FaultKind {
  return {
    name: `${name} (${role})`,
    to: `${name} of ${role}`,
    weight,
    begin: (rig, random) => {
      const faults = orders(rig, random);
      if (faults.length === 0) return null;
      const end = rig.server(role).faults.begin(...faults);
      return { what: JSON.stringify(faults[0]), end };
    },
  };
}

function onOneFile(rig: SoakRig, random: SeededRandom, role: Role, error: string): readonly Fault[] {
  const path = anyFileOfCopy(rig, random, role);
  return path === null ? [] : ['openat', 'pread', 'pwrite'].map((call) => ({ call, path, error }));
}

function queues(rig: SoakRig, role: Role): string {
  return rig.disk(`${role} queues`).folder;
}

function home(rig: SoakRig, role: Role): string {
  return queues(rig, role).replace(/\/queues$/, '');
}
