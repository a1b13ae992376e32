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
  'JRN-004': {
    severity: 'warning',
    message: 'The send queue reached its bound of {bytes} bytes and was dropped.',
    cause: 'The passive server was away, or slower than the changes came, for too long.',
    remedy: 'retry',
    resolution:
      'Everything is checked when the passive server is back. A larger queues.sizeBytesMax bridges more time.',
  },
  'JRN-005': {
    severity: 'error',
    message: 'There is no space left for the queue {directory}.',
    cause: 'The file system that holds it is full, or its quota is used up.',
    remedy: 'operator',
    resolution: 'Make space there, or name a folder on another file system with queues.directory.',
  },
});
