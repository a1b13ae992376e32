import { readFileSync } from 'node:fs';

import { Problem, type ProblemData, toData } from '../../problems/problem.ts';

interface Right {
  /** Bit of capabilities(7). */
  readonly bit: number;
  readonly name: string;
  /** What does not work without it. */
  readonly consequence: string;
}

const NEEDED: readonly Right[] = [
  { bit: 0, name: 'CAP_CHOWN', consequence: "the owners of the passive server's files can't be set" },
  { bit: 1, name: 'CAP_DAC_OVERRIDE', consequence: "files in folders of other users can't be written" },
  { bit: 2, name: 'CAP_DAC_READ_SEARCH', consequence: "files that this user may not read can't be protected" },
  { bit: 3, name: 'CAP_FOWNER', consequence: "modes and times of other users' files can't be set" },
  { bit: 4, name: 'CAP_FSETID', consequence: 'the set-group-ID bit of a file may be lost' },
  {
    bit: 28,
    name: 'CAP_LEASE',
    consequence: 'that files of other users are in use on the passive server is not noticed, and they are changed',
  },
  {
    bit: 19,
    name: 'CAP_SYS_PTRACE',
    consequence: 'programs of other users that change files through memory mappings or libaio are not found',
  },
  {
    bit: 21,
    name: 'CAP_SYS_ADMIN',
    consequence: "changes are watched folder by folder, and who makes them can't be named",
  },
];

/** What serving a mount takes, by the bits of capabilities(7). */
const FOR_MOUNTS: ReadonlyMap<number, string> = new Map([
  [0, 'CAP_CHOWN'],
  [1, 'CAP_DAC_OVERRIDE'],
  [2, 'CAP_DAC_READ_SEARCH'],
  [3, 'CAP_FOWNER'],
  [4, 'CAP_FSETID'],
  [6, 'CAP_SETGID'],
  [7, 'CAP_SETUID'],
  [8, 'CAP_SETPCAP'],
  [21, 'CAP_SYS_ADMIN'],
  [27, 'CAP_MKNOD'],
]);

/** Names of the rights that this process lacks to mount over a folder and serve it. */
export function missingForMounts(): string[] {
  const held = heldIn(readFileSync('/proc/self/status', 'utf8'));
  return [...FOR_MOUNTS].filter(([bit]) => (held & (1n << BigInt(bit))) === 0n).map(([, name]) => name);
}

/** @returns SYS-002 where this process lacks rights. */
export function missingRights(): ProblemData | null {
  return missingOf(readFileSync('/proc/self/status', 'utf8'));
}

/** @param status - text of /proc/PID/status (proc_pid_status(5)). */
export function missingOf(status: string): ProblemData | null {
  const held = heldIn(status);
  const missing = NEEDED.filter(({ bit }) => (held & (1n << BigInt(bit))) === 0n);
  if (missing.length === 0) return null;
  const rights = missing.map(({ name }) => name).join(', ');
  const consequences = missing.map(({ name, consequence }) => `${name} ${consequence}`).join('; without ');
  return toData(new Problem('SYS-002', { rights, consequences }));
}

function heldIn(status: string): bigint {
  return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
}
