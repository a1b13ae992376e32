import { area } from './entry.ts';

/** Problems of the area `IDN`. Codes are never used again and never renumbered. */
export const IDENTITY_PROBLEMS = area({
  'IDN-001': {
    severity: 'error',
    message: 'This server is not paired yet.',
    cause: 'No certificates have been exchanged with another server.',
    remedy: 'operator',
    resolution: 'Run `understudy invite` on one server and `understudy join TOKEN` on the other.',
  },
  'IDN-002': {
    severity: 'error',
    message: 'The token cannot be used: {reason}.',
    cause: 'It was cut when copied, is older than 15 minutes, or was used before.',
    remedy: 'operator',
    resolution: 'Make a new one with `understudy invite`.',
  },
  'IDN-003': {
    severity: 'error',
    message: 'This server is already paired in the pair {pair}.',
    cause: 'It holds the certificates of another server.',
    remedy: 'operator',
    resolution: 'Use --replace to leave that pair and join the new one.',
  },
  'IDN-004': {
    severity: 'error',
    message: 'The facts in {file} cannot be read: {reason}.',
    cause: 'The file was changed or damaged.',
    remedy: 'operator',
    resolution:
      'While Understudy runs, delete the file: it is written anew from what is known, and replication goes on. Otherwise restore it from a backup, or delete the state folder and pair the servers again.',
  },
  'IDN-005': {
    severity: 'error',
    message: 'Pairing with {address} failed: {reason}.',
    cause: 'The inviting server is not reachable or ended the invitation.',
    remedy: 'operator',
    resolution: 'Keep `understudy invite` running there until the other has joined, and see that the port is open.',
  },
  'IDN-006': {
    severity: 'error',
    message: 'The joining server carries the id {serverId} of the inviting one.',
    cause:
      "`understudy join` was run on the server that invites, or one machine is a clone of the other, Understudy's state folder included.",
    remedy: 'operator',
    resolution:
      'Run `understudy join` on the other server. Where it was run there, that one is the clone: delete the state folder on it and join again.',
  },
});
