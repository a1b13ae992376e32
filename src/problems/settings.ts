import { area } from './entry.ts';

/** Problems of the area `CFG`. Codes are never used again and never renumbered. */
export const SETTINGS_PROBLEMS = area({
  'CFG-001': {
    severity: 'error',
    message: 'Cannot read the settings file {file}: {reason}.',
    cause: 'The file is missing or this user may not read it.',
    remedy: 'operator',
    resolution: 'Write it with `understudy init`, or name another one with --config.',
  },
  'CFG-002': {
    severity: 'error',
    message: '{file}:{line}: {key}: {reason}.',
    cause: 'The settings file holds something that is not a setting or not a possible value.',
    remedy: 'operator',
    resolution: 'Correct line {line}. {hint}',
  },
});
