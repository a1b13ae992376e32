import { area } from './entry.ts';

/** Problems of the area `CLI`. Codes are never used again and never renumbered. */
export const INTERFACE_PROBLEMS = area({
  'CLI-001': {
    severity: 'error',
    message: 'The daemon does not answer on {socket}: {reason}.',
    cause: 'Understudy does not run on this server, or runs with another state folder.',
    remedy: 'operator',
    resolution: 'Start it with `understudy run`, or name its settings with --config.',
  },
  'CLI-002': {
    severity: 'error',
    message: 'The daemon did not understand the request: {reason}.',
    cause: 'The command and the daemon are of different releases.',
    remedy: 'operator',
    resolution: 'Restart the daemon so that it runs the installed release.',
  },
  'CLI-003': {
    severity: 'error',
    message: 'There is no {what} {name}.',
    cause: 'It does not exist (any more).',
    remedy: 'operator',
    resolution: 'List what there is with `understudy {list}`.',
  },
});
