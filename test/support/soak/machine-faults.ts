import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { FileHolder, WAYS } from '../file-holder.ts';
import { FLAG, setFlagsOpen } from '../raw-calls.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { FaultKind } from './fault.ts';
import type { DiskName, Role, SoakRig } from './rig.ts';

const ROLES: readonly Role[] = ['active', 'passive'];
const DISKS: readonly DiskName[] = ['passive data', 'passive queues', 'passive state', 'active queues', 'active state'];
/** A program has to be a program to be executed. */
const HOLDING = WAYS.filter((way) => way !== 'execution');
const SPARE_DESCRIPTORS_MAX = 10;
const PLAIN_NAME = /^[\w/ .~-]+$/;

/** What can be had for real, without any help of the daemons. */
export const MACHINE_FAULTS: readonly FaultKind[] = [
  ...ROLES.flatMap((role) => [kill(role), stop(role), freeze(role), fewDescriptors(role)]),
  ...DISKS.map(fullDisk),
  {
    name: 'channel cut',
    to: 'channel',
    weight: 3,
    begin: ({ relayed }) => {
      relayed.cut();
      return { what: '', end: () => relayed.restore() };
    },
  },
  { name: 'read-only disk', to: 'disk of passive data', weight: 2, begin: remountReadOnly },
  { name: 'file held on the passive', to: 'a held file', weight: 4, begin: hold },
  { name: 'immutable item on the passive', to: 'an immutable item', weight: 1, begin: makeImmutable },
  { name: 'stranger on the passive', to: 'copy', weight: 4, begin: meddle },
];

function kill(role: Role): FaultKind {
  return {
    name: `kill -9 of the ${role} daemon`,
    to: `${role} process`,
    weight: 2,
    endsDaemon: true,
    begin: async (rig) => {
      await rig.takeAway(role, 'kill');
      return { what: '', end: () => rig.bringBack(role) };
    },
  };
}

function stop(role: Role): FaultKind {
  return {
    name: `stop of the ${role} daemon`,
    to: `${role} process`,
    weight: 1,
    endsDaemon: true,
    begin: async (rig) => {
      await rig.takeAway(role, 'stop');
      return { what: '', end: () => rig.bringBack(role) };
    },
  };
}

function freeze(role: Role): FaultKind {
  return {
    name: `SIGSTOP of the ${role} daemon`,
    to: `${role} process`,
    weight: 2,
    begin: (rig) => {
      const pid = rig.server(role).daemon?.pid;
      if (pid === undefined) return null;
      process.kill(pid, 'SIGSTOP');
      return { what: '', end: () => void process.kill(pid, 'SIGCONT') };
    },
  };
}

/** So few that the daemon can open some files more and then none. */
function fewDescriptors(role: Role): FaultKind {
  return {
    name: `few descriptors for the ${role} daemon`,
    to: `${role} process`,
    weight: 1,
    begin: (rig, random) => {
      const pid = rig.server(role).daemon?.pid;
      if (pid === undefined || rig.server(role).daemon?.end !== null) return null;
      const limits = fs.readFileSync(`/proc/${String(pid)}/limits`, 'latin1');
      const before = /^Max open files +(\d+)/m.exec(limits)?.[1] ?? '1024';
      const most = fs.readdirSync(`/proc/${String(pid)}/fd`).length + random.integer(0, SPARE_DESCRIPTORS_MAX);
      limit(pid, String(most));
      return { what: String(most), end: () => limit(pid, before) };
    },
  };
}

/** Of who may have ended meanwhile. */
function limit(pid: number, files: string): void {
  spawnSync('prlimit', ['--pid', String(pid), `--nofile=${files}:`], { stdio: 'ignore' });
}

function fullDisk(name: DiskName): FaultKind {
  return {
    name: `full disk of ${name}`,
    to: `disk of ${name}`,
    weight: 1,
    begin: (rig) => {
      rig.disk(name).fill();
      return { what: '', end: () => rig.disk(name).empty() };
    },
  };
}

/** Where nobody writes at this moment; the kernel refuses it otherwise. */
function remountReadOnly(rig: SoakRig) {
  const { folder } = rig.disk('passive data');
  if (spawnSync('mount', ['-o', 'remount,ro', folder], { stdio: 'ignore' }).status !== 0) return null;
  return { what: '', end: () => void execFileSync('mount', ['-o', 'remount,rw', folder]) };
}

async function hold(rig: SoakRig, random: SeededRandom) {
  const file = anyFileOfCopy(rig, random);
  const way = random.pick(HOLDING);
  if (file === null || way === undefined) return null;
  const isEmpty = fs.statSync(file, { throwIfNoEntry: false })?.size === 0;
  const holder = await FileHolder.start(way === 'mapping' && isEmpty ? 'open' : way, file).catch(() => null);
  // The file went before it could be held.
  if (holder === null) return null;
  return { what: `${way} ${file}`, end: () => holder[Symbol.asyncDispose]() };
}

/** The file itself, and not what has its path by then: a folder above it may get another name meanwhile. */
function makeImmutable(rig: SoakRig, random: SeededRandom) {
  const path = anyFileOfCopy(rig, random);
  const file = path === null ? null : openedUnlessGone(path);
  if (path === null || file === null) return null;
  setFlagsOpen(file, FLAG.immutable);
  return {
    what: path,
    end: () => {
      setFlagsOpen(file, 0);
      fs.closeSync(file);
    },
  };
}

/** Null where its name went since it was read. */
function openedUnlessGone(path: string): number | null {
  try {
    return fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Somebody who works on the passive's copy for a moment, and leaves what he did. */
function meddle(rig: SoakRig, random: SeededRandom) {
  const file = anyFileOfCopy(rig, random);
  if (file === null) return null;
  const way = random.pick(['append', 'truncate', 'remove', 'rename', 'chmod', 'create'] as const);
  try {
    if (way === 'append') fs.appendFileSync(file, 'a word of a stranger');
    else if (way === 'truncate') fs.truncateSync(file, 0);
    else if (way === 'remove') fs.rmSync(file);
    else if (way === 'rename') fs.renameSync(file, `${file}.stranger`);
    else if (way === 'chmod') fs.chmodSync(file, 0o604);
    else fs.writeFileSync(`${file}.new`, 'by a stranger');
  } catch (error) {
    return { what: `${String(way)} ${file}: ${(error as NodeJS.ErrnoException).code ?? ''}`, end: () => undefined };
  }
  return { what: `${String(way)} ${file}`, end: () => undefined };
}

/** With a name that every program takes. Null where there is none. */
export function anyFileOfCopy(rig: SoakRig, random: SeededRandom, role: Role = 'passive'): string | null {
  const names = filesBelow(rig.worked(role))
    .filter((path) => PLAIN_NAME.test(path))
    .sort();
  return random.pick(names) ?? null;
}

/** A folder may go, or get another name, while it is read: somebody works in it. */
function filesBelow(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
