import { area } from './entry.ts';

/** Problems of the area `DIA`. Codes are never used again and never renumbered. */
export const DIAGNOSIS_PROBLEMS = area({
  'DIA-001': {
    severity: 'warning',
    message: 'Changes have waited for {ageMs} ms; the bottleneck is {bottleneck}.',
    cause: 'More changes are made than {bottleneck} can take.',
    remedy: 'operator',
    resolution: 'See what writes so much, or give {bottleneck} more room.',
  },
});
