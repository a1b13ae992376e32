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
    message: 'The right {right} is missing: {consequence}.',
    cause: 'The daemon does not run as root and was not given the right.',
    remedy: 'operator',
    resolution: 'Run it as root or give it {right}.',
  },
  'SYS-010': {
    severity: 'error',
    message: 'There is no space left in the state folder for {what}.',
    cause: 'The file system that holds the state folder is full, or its quota is used up.',
    remedy: 'operator',
    resolution: 'Make space there, or give stateDirectory a file system of its own. Understudy goes on by itself.',
  },
});
