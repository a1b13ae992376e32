import { area } from './entry.ts';

/** Problems of the area `CLI`. Codes are never used again and never renumbered. */
export const INTERFACE_PROBLEMS = area({
  'CLI-001': {
    severity: 'error',
    message: 'The daemon does not answer on {socket}: {reason}.',
    cause: 'Understudy does not run on this server, or runs with another state folder.',
    remedy: 'operator',
    resolution:
      'Start it: `systemctl start understudy`, or `understudy run` where it is not installed as a service. Name its settings with --config.',
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
  'CLI-004': {
    severity: 'error',
    message: 'Another Understudy already runs with the state folder {stateDirectory}.',
    cause: 'Something answers on {socket}.',
    remedy: 'operator',
    resolution: 'Stop the other daemon, or give this one a state folder of its own (stateDirectory).',
  },
  'CLI-005': {
    severity: 'error',
    message: 'The daemon failed at this request: {reason}.',
    cause: 'A fault in Understudy.',
    remedy: 'bug',
    resolution: 'Report it, with the log of the daemon at this time.',
  },
  'CLI-006': {
    severity: 'error',
    message: 'The File System Status is {status} after waiting {waitedMs} ms; {wanted} was waited for.',
    cause: 'What stands in the way is listed by `understudy findings`.',
    remedy: 'operator',
    resolution: 'Run `understudy findings` and follow it, or wait longer with --timeout.',
  },
  'CLI-007': {
    severity: 'error',
    message: 'The {kind} Status is {status}.',
    cause: 'What stands in the way is listed by `understudy findings`.',
    remedy: 'operator',
    resolution: 'Run `understudy findings` and follow it.',
  },
  'CLI-008': {
    severity: 'error',
    message: '{file} exists already.',
    cause: 'Understudy never overwrites settings unasked.',
    remedy: 'operator',
    resolution: 'Use --force to replace it, or name another file with --config.',
  },
  'CLI-009': {
    severity: 'error',
    message: 'The check did not finish: {reason}.',
    cause: 'It was given up before everything was compared.',
    remedy: 'operator',
    resolution: 'See `understudy findings`, then start it again with `understudy check`.',
  },
  'CLI-010': {
    severity: 'error',
    message: 'Number of items that differ on the passive server: {count}.',
    cause: 'They were found by a check and are not repaired (yet).',
    remedy: 'operator',
    resolution: 'List them with `understudy files --out-of-sync`; repair them with `understudy check`.',
  },
  'CLI-011': {
    severity: 'error',
    message: 'Cannot write {file}: {reason}.',
    cause: 'The folder is missing or this user may not write there.',
    remedy: 'operator',
    resolution: 'Use a user who may write there (often root), or name another file with --config.',
  },
  'CLI-012': {
    severity: 'error',
    message: 'The daemon ended the connection before its answer was complete.',
    cause: 'It was stopped or failed meanwhile.',
    remedy: 'operator',
    resolution: 'See whether it runs, then try again.',
  },
  'CLI-013': {
    severity: 'error',
    message: 'The socket {socket} cannot be opened: {reason}.',
    cause: 'The state folder is missing, not writable, or something else has that name.',
    remedy: 'operator',
    resolution: 'Make the state folder writable for the user of the daemon, or name another one (stateDirectory).',
  },
  'CLI-014': {
    severity: 'error',
    message: 'The demo broke off: {reason}.',
    cause: 'Something on this machine stood in the way, or it is a fault in Understudy; the logs above tell more.',
    remedy: 'operator',
    resolution:
      'See that the temporary folder has 100 MiB free, then run `understudy demo --once` again. Report it where it stays.',
  },
  'CLI-015': {
    severity: 'error',
    message: "This user may not open the daemon's socket {socket}.",
    cause: 'Only the user the daemon runs as, often root, and root may give it commands.',
    remedy: 'operator',
    resolution: 'Run the command as that user or as root (sudo).',
  },
  'CLI-016': {
    severity: 'error',
    message: 'Number of items on the passive server that the check found different and could not repair: {count}.',
    cause: 'Something there refused the change; a finding names each item and the refusal (often APL-001).',
    remedy: 'operator',
    resolution:
      'Run `understudy findings` and mend what refused. Understudy then repairs the items by itself; another check does not help before.',
  },
  'CLI-017': {
    severity: 'error',
    message: 'There is no problem with the code {code}.',
    cause: 'The code is misspelt, or belongs to another release.',
    remedy: 'operator',
    resolution: 'List all codes with `understudy explain`.',
  },
  'CLI-018': {
    severity: 'error',
    message: 'There is no item {path}, neither on the active nor on the passive server.',
    cause: 'The path is misspelt, or the item was removed on both.',
    remedy: 'operator',
    resolution: 'List the items there are with `understudy files`.',
  },
});
