import { area } from './entry.ts';

/** Problems of the area `SYS`. Codes are never used again and never renumbered. */
export const SYSTEM_PROBLEMS = area({
  'SYS-001': {
    severity: 'error',
    message: 'Node needs the system library {library}, which this machine lacks.',
    cause: 'A minimal installation leaves it out.',
    remedy: 'operator',
    resolution: 'Install the package {package}.',
  },
  'SYS-002': {
    severity: 'warning',
    message: 'The daemon lacks rights: {rights}.',
    cause: 'It does not run as root and was not given them. Without {consequences}.',
    remedy: 'operator',
    resolution: 'Run it as root or give it {rights}.',
  },
  'SYS-010': {
    severity: 'error',
    message: 'There is no space left in the state folder for {what}.',
    cause: 'The file system that holds the state folder is full, or its quota is used up.',
    remedy: 'operator',
    resolution: 'Make space there, or give stateDirectory a file system of its own. Understudy goes on by itself.',
  },
  'SYS-012': {
    severity: 'error',
    message: 'The disk does not answer: {call} of {path} has not returned.',
    cause: 'The disk, or what it is reached by (a network, a controller), hangs or is very slow.',
    remedy: 'operator',
    resolution:
      "Look at the kernel's log and the health of the disk that holds {path}. The kernel gives up such a call only by itself; Understudy goes on as soon as it returns.",
  },
  'SYS-013': {
    severity: 'warning',
    message: 'Descriptors run out: {used} of {limit} are in use.',
    cause: 'The limit of open files of this process is small, or something holds many open.',
    remedy: 'operator',
    resolution:
      'Raise the limit (LimitNOFILE= of the unit, or prlimit(1) while it runs). What found none is tried again by itself.',
  },
  'SYS-015': {
    severity: 'warning',
    message: "The machine's table of open files is nearly full: {used} of {limit} are in use.",
    cause: 'Some process holds very many files open, or fs.file-max is small.',
    remedy: 'operator',
    resolution:
      'Find what holds so many (lsof), or raise fs.file-max with sysctl. What found no place is tried again by itself.',
  },
  'SYS-014': {
    severity: 'warning',
    message: 'Memory is short on this server: tasks waited for it for {percent} % of the last seconds.',
    cause: 'The machine, or the control group Understudy runs in, has too little memory for what runs there.',
    remedy: 'operator',
    resolution:
      'Give the machine or the group more memory, or stop what uses most of it. Replication is slow meanwhile, and the kernel may end processes.',
  },
  'SYS-011': {
    severity: 'error',
    message: 'Writing to the state folder failed, of {what}: {reason}.',
    cause: 'Its file system is read-only, its disk failed, or this user may not write there.',
    remedy: 'operator',
    resolution:
      "Look at the kernel's log and the health of the disk, and make the state folder writable. It is tried again by itself; what may not have reached the disk is written anew.",
  },
});
