import { area } from './entry.ts';

/** Problems of the area `JRN`. Codes are never used again and never renumbered. */
export const JOURNAL_PROBLEMS = area({
  'JRN-001': {
    severity: 'error',
    message: 'The queue {directory} cannot be used: {reason}.',
    cause: 'The folder is missing, not writable, or its disk failed.',
    remedy: 'operator',
    resolution: 'Make the folder writable or name another one with queues.directory.',
  },
  'JRN-002': {
    severity: 'error',
    message: 'The queue file {file} is damaged at byte {offset}: {reason}.',
    cause: 'The file was changed or the disk returned wrong bytes.',
    remedy: 'retry',
    resolution:
      'What stood before the damage is used, the damaged file is kept as {keptAs}, and everything after it is checked again. Look at the health of the disk.',
  },
  'JRN-003': {
    severity: 'error',
    message: 'Writing the queue {file} to disk failed: {reason}.',
    cause: 'The disk refused; what was written may be gone.',
    remedy: 'operator',
    resolution: 'Look at the health of the disk, then restart Understudy.',
  },
  'JRN-006': {
    severity: 'warning',
    message: 'The {queue} queue holds {bytes} bytes, {percent} % of the {bytesMax} it may.',
    cause: 'Changes come faster than they are taken: {why}.',
    remedy: 'operator',
    resolution:
      'See `understudy findings` for what holds the changes up. A larger queues.sizeBytesMax bridges more time; a queue that reaches its bound is told as L9.',
  },
  'JRN-007': {
    severity: 'warning',
    message: 'The disk of the queues ({directory}) has {freeBytes} bytes left; {freeBytesMin} are to stay free.',
    cause: 'The disk fills, by the queues or by something else.',
    remedy: 'operator',
    resolution:
      'Make space there, or name a folder on another file system with queues.directory. Below {freeBytesMin} bytes the queues may not grow (M4).',
  },
  L9: {
    severity: 'warning',
    message: 'The {queue} queue reached its bound ({bytesMax} bytes): {consequence}.',
    cause: 'Changes came faster than they were taken: {why}.',
    remedy: 'operator',
    resolution: 'Find what led to it; no change is forgotten. {advice}.',
  },
  L20: {
    severity: 'error',
    message: 'There is no space left for the queue {directory}.',
    cause: 'The file system that holds it is full, or its quota is used up, before the queue reached its own bound.',
    remedy: 'operator',
    resolution:
      'Make space there, name a folder on another file system with queues.directory, or lower queues.sizeBytesMax to what there is. Replication goes on by itself.',
  },
  M4: {
    severity: 'error',
    message:
      'The {queue} queue may not grow: its disk ({directory}) has {freeBytes} bytes left, and {freeBytesMin} are to stay free.',
    cause: 'The disk fills, by the queues or by something else.',
    remedy: 'operator',
    resolution:
      'Make space there, name a folder on another file system with queues.directory, or lower queues.freeBytesMin. Until then {consequence}.',
  },
});
