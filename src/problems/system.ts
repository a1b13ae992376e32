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
});
