import { area } from './entry.ts';

/** Problems of the area `CHK`. Codes are never used again and never renumbered. */
export const CHECK_PROBLEMS = area({
  'CHK-001': {
    severity: 'warning',
    message: '{path} differed on the passive server: {difference}.',
    cause: 'It was changed there while Understudy did not run, or a fault of the disk.',
    remedy: 'retry',
    resolution: 'It was repaired. If it repeats, find what writes there.',
  },
  'CHK-002': {
    severity: 'warning',
    message: '{path} is on the passive server only; it was treated by the policy {policy}.',
    cause: 'It was created there, or deleted on the active server while Understudy did not run.',
    remedy: 'operator',
    resolution: 'See `understudy quarantine list` if it was needed.',
  },
  'CHK-003': {
    severity: 'information',
    message: '{count} items differed and were repaired by the check.',
    cause: 'See the events with CHK-001 and CHK-002.',
    remedy: 'retry',
    resolution: 'Nothing is needed.',
  },
});
