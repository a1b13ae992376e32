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
    resolution: 'Make room or repair the state folder. Up to 1,000 events are written afterwards; more are lost.',
  },
  'DIA-010': {
    severity: 'information',
    message: 'The send queue covers an outage of about {minutes} minutes.',
    cause: 'It may hold {bytes} bytes, and about {bytesPerSecond} bytes a second are sent now.',
    remedy: 'operator',
    resolution:
      'Where that is too little, raise queues.sizeBytesMax. A longer outage forgets nothing: what changed is checked afterwards.',
  },
  'DIA-011': {
    severity: 'error',
    message:
      'The passive server has too little space for {path}: {freeBytes} bytes are free, and {neededBytes} more are needed.',
    cause: 'Its disk is smaller than what is protected on the active server, or fuller.',
    remedy: 'operator',
    resolution: 'Make space on the passive server, or give {path} a larger disk there.',
  },
  'DIA-012': {
    severity: 'information',
    message: '{path} is on {active} on the active server and on {passive} on the passive one.',
    cause: 'The two servers were set up with different file systems.',
    remedy: 'operator',
    resolution:
      'That works, but what one of them cannot hold (attributes, flags, large names) is told item by item. The same file system on both avoids it.',
  },
  'DIA-020': {
    severity: 'warning',
    message: 'The antivirus program {product} keeps files of its own in {folder}, which is protected.',
    cause:
      'It changes them on each server by itself: they differ, and on the passive server they will be in use (N29).',
    remedy: 'operator',
    resolution: 'Exclude the folder on the active server: add {folder}/** to protect.files.exclude of pair.yaml.',
  },
  'DIA-021': {
    severity: 'warning',
    message: 'The antivirus program {product} decides on this server who may open files in {path}.',
    cause:
      'A file that it refuses or is slow with cannot be read on the active server, and not be updated on the passive one (N29).',
    remedy: 'operator',
    resolution: '{exclusion} Do the same on the other server, which tells it for itself.',
  },
  'DIA-022': {
    severity: 'error',
    message: 'The folders were excluded in {file}, but {unit} could not be restarted: {reason}.',
    cause: 'A scanner reads its settings when it starts; see the reason, often a unit file with a fault.',
    remedy: 'operator',
    resolution: 'Mend what the reason names, then run `systemctl restart {unit}`.',
  },
  'DIA-013': {
    severity: 'error',
    message: 'The protected folder {path} cannot be looked at: {reason}.',
    cause: 'It is not there, or not readable.',
    remedy: 'operator',
    resolution: 'Make the folder, mount what belongs there, or correct protect.files.include.',
  },
});
