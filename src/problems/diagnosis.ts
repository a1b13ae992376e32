import { area } from './entry.ts';

/** Problems of the area `DIA`. Codes are never used again and never renumbered. */
export const DIAGNOSIS_PROBLEMS = area({
  'DIA-001': {
    severity: 'warning',
    message: 'Changes have waited for {ageMs} ms; the bottleneck is {bottleneck}.',
    cause: 'More changes are made than {bottleneck} can take, or it has become slow.',
    remedy: 'operator',
    resolution:
      'See what writes so much, and what else uses {bottleneck}; look at its health, or replace it by something faster.',
  },
  'DIA-002': {
    severity: 'warning',
    message: 'The event history {file} was damaged: {reason}.',
    cause: 'The file was changed or the disk returned wrong bytes.',
    remedy: 'retry',
    resolution: 'It is kept as {keptAs} and a new history was begun. Look at the health of the disk.',
  },
  'DIA-003': {
    severity: 'warning',
    message: 'The event history {file} cannot be written: {reason}.',
    cause: 'The disk is full, or failed, or the state folder is not writable.',
    remedy: 'operator',
    resolution: 'Make room or repair the state folder. Events are missing from the history meanwhile.',
  },
});
