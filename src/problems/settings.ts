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
  'CFG-003': {
    severity: 'warning',
    message: '{file}:{line}: {key}: {reason}.',
    cause: 'The setting is possible but has no effect; perhaps it was meant otherwise.',
    remedy: 'operator',
    resolution: 'Correct line {line} or remove it.',
  },
  'CFG-004': {
    severity: 'error',
    message: '{file}:{line}: {key}: {what} is not yet supported in this release.',
    cause: 'The setting belongs to a part of Understudy that this release does not have.',
    remedy: 'operator',
    resolution: 'Take line {line} out. {hint}',
  },
  'CFG-005': {
    severity: 'error',
    message: 'There is no setting {key}.',
    cause: 'The name is misspelt, or belongs to another release.',
    remedy: 'operator',
    resolution: '{hint} See docs/settings.md.',
  },
  'CFG-006': {
    severity: 'error',
    message: '{file}:{line}: {key}: {reason}. It is not protected; the others are.',
    cause: 'Two servers that share it would break one another.',
    remedy: 'operator',
    resolution: 'Look at line {line}. {hint}',
  },
});
