import { area } from './entry.ts';

/** Problems of the area `APL`. Codes are never used again and never renumbered. */
export const APPLY_PROBLEMS = area({
  'APL-001': {
    severity: 'error',
    message: '{path} cannot be made equal on the passive server: {reason}.',
    cause: "The passive server's file system refused.",
    remedy: 'operator',
    resolution: 'Mend what refused; the item is tried again by itself.',
  },
  'APL-002': {
    severity: 'warning',
    message: '{path} was changed on the passive server by {writer}.',
    cause: 'Only Understudy may change protected files there.',
    remedy: 'operator',
    resolution: 'Find out why {writer} writes there and stop it. The item is checked and repaired by itself.',
  },
  'APL-003': {
    severity: 'error',
    message:
      'The passive server already holds data in {folder}: {replaced} items would be replaced, {orphans} set aside, {newer} are newer than on the active server.',
    cause:
      'The two servers were never in sync, and replication from {source} to {target} would overwrite what is there.',
    remedy: 'operator',
    resolution:
      'Look at the list with `understudy findings`. If {source} holds the data to keep, go on with `understudy fix ID`, ID being this finding: what is replaced goes to the quarantine.',
  },
  'APL-004': {
    severity: 'warning',
    message: 'The quarantine is full ({bytes} bytes): the oldest content was removed.',
    cause: 'More content was replaced than quarantine.sizeBytesMax allows.',
    remedy: 'operator',
    resolution: 'Look at `understudy quarantine list`, restore what matters, purge the rest.',
  },
  'APL-005': {
    severity: 'error',
    message: 'The record of what was applied cannot be used: {reason}.',
    cause: 'The state folder of the passive server is damaged or its disk failed.',
    remedy: 'operator',
    resolution: 'See that the state folder is writable. Understudy starts a new record and checks everything.',
  },
  'APL-006': {
    severity: 'error',
    message: 'The quarantine holds nothing called {entry}.',
    cause: 'It was restored or purged before, or removed to make room.',
    remedy: 'operator',
    resolution: 'Look at `understudy quarantine list`.',
  },
  'APL-007': {
    severity: 'error',
    message: '{entry} cannot be restored to {path}: {reason}.',
    cause: 'Something has that name already, or the folder is missing or cannot be written.',
    remedy: 'operator',
    resolution:
      'Name a free path outside the protected folders with `understudy quarantine restore {entry} --to PATH`.',
  },
  'APL-008': {
    severity: 'error',
    message: '{entry} is not restored to {path}: that place is protected.',
    cause: 'The passive server holds there what the active server has, and nothing else: it would be put away again.',
    remedy: 'operator',
    resolution:
      'Restore it elsewhere with `understudy quarantine restore {entry} --to PATH`; if it belongs to the set, copy it to the active server.',
  },
  'APL-009': {
    severity: 'warning',
    message: '{path} stays {status} on the passive server: {why}.',
    cause:
      'Something changes it there unseen, the file system there does not keep what it is given, the active server cannot say what it has, or there is a fault of Understudy.',
    remedy: 'operator',
    resolution:
      'See with `understudy diff {path}` what differs, and what else writes there on the passive server. It is asked for again by itself; where it stays so, `understudy check {path}` compares it at once, and `understudy collect` gathers what a report of a fault needs.',
  },
  'APL-010': {
    severity: 'warning',
    message: 'The active server did not answer a request for the content of {path} ({times}).',
    cause:
      'The connection for data works and later requests were answered, so an answer was lost: a fault of a worker of one of the servers.',
    remedy: 'retry',
    resolution:
      'Nothing is needed where it does not come back: the connection for data is made anew and the content is asked for again. Where it does, restart the daemon of the active server; `understudy collect` gathers what a report of the fault needs.',
  },
  N29: {
    severity: 'error',
    message:
      'The passive server ({server}) cannot update {path}: it is in use by {holder}. No application that opens protected files may run on the passive server.',
    cause:
      'A file counts as in use while it is open for writing, mapped for writing, locked, executed, or kept from being opened. Who only reads it counts with `apply.readers: wait` only.',
    remedy: 'operator',
    resolution:
      'On the passive server stop what opens protected files and keep it from starting; exclude the protected folders from antivirus programs. {hint} The item is updated by itself as soon as it is free.',
  },
  'APL-050': {
    severity: 'warning',
    message:
      '{writer} wanted to {deed} {path} on the passive server and was refused. Only Understudy may change protected files there.',
    cause: 'The protected folders of the passive server are read-only for everybody else, so that they stay a copy.',
    remedy: 'operator',
    resolution:
      'Find out why {writer} writes there, stop it, and keep it from starting on the passive server. The copy is as it was.',
  },
  'APL-020': {
    severity: 'error',
    message: 'Replication is paused: on the active server the protected folder {folder} {what}.',
    cause:
      'Somebody deleted a lot, or a file system is not mounted, or another one is mounted in its place. The passive server keeps all it has until it is known which.',
    remedy: 'operator',
    resolution:
      'If it is a mistake, bring the data back on the active server: replication goes on by itself. If it is meant, go on with `understudy fix ID`, ID being this finding: what only the passive server has is then treated as the setting orphans says.',
  },
  'APL-021': {
    severity: 'error',
    message:
      'The protected folder {folder} is not there on the active server; the passive server keeps its {items} items.',
    cause: 'It was deleted or renamed, or the file system that holds it is not mounted.',
    remedy: 'operator',
    resolution:
      'If it is a mistake, bring it back: its replication goes on by itself. If it is gone for good, empty the copy with `understudy fix ID`, ID being this finding, and take it out of protect.files.include.',
  },
  'APL-022': {
    severity: 'warning',
    message: '{count} users or groups of protected files are not the same on both servers.',
    cause:
      'Files carry the numbers of their user and group. Where a number means somebody else on the passive server, other people have these files there once it is active.',
    remedy: 'operator',
    resolution:
      'Give the accounts that are listed the same number and the same name on both servers. It is looked at again within a minute.',
  },
  'APL-030': {
    severity: 'error',
    message: 'The passive server has no space left for what is in {path}.',
    cause: 'The file system that holds the folder there is full, or its quota is used up ({reason}).',
    remedy: 'operator',
    resolution:
      'Make space on that file system, never by deleting protected files, or enlarge it. What is missing is made up for by itself.',
  },
  'APL-040': {
    severity: 'error',
    message: 'What was written to {path} on the passive server may not have reached its disk: {reason}.',
    cause: 'The disk failed while the kernel wrote to it. What the kernel holds in memory may be lost without a word.',
    remedy: 'operator',
    resolution:
      "Look at the kernel's log and the health of the disk. Nothing counts as durable until the disk takes it; then everything is read from the disk and compared, whatever the kernel remembers of it.",
  },
  'APL-042': {
    severity: 'warning',
    message: 'The file system that holds {path} was mounted anew on the passive server; Apply begins anew there.',
    cause: 'It was taken away and mounted again while Understudy ran, as after a repair.',
    remedy: 'retry',
    resolution: 'Nothing is needed: everything is checked again.',
  },
  'APL-041': {
    severity: 'error',
    message: 'The file system that holds {path} on the passive server is read-only.',
    cause: 'It was mounted so, or the kernel made it so because the disk failed ({reason}).',
    remedy: 'operator',
    resolution:
      "Look at the kernel's log; repair the file system where it is damaged, then mount it for writing. What was missed is made up for by itself.",
  },
  'APL-070': {
    severity: 'warning',
    message:
      'The copy on the passive server is as it was before the two servers lost each other for long; what was changed since is not in it.',
    cause:
      'The connection was lost again while what had been missed was made up for. That is applied as a whole only, and not all of it is here.',
    remedy: 'operator',
    resolution:
      'Connect the two servers: the rest is made up for by itself. Where the active server is lost for good, the copy is whole, but older than the queue of the passive server: what was received and is not whole is not applied.',
  },
  'APL-031': {
    severity: 'error',
    message: 'The copy on the passive server is not eligible: it holds parts of two states of the active server.',
    cause: 'The connection was lost while what had been missed was made up for.',
    remedy: 'operator',
    resolution:
      'Connect the two servers: the rest is made up for by itself. Where the active server is lost for good, files here that belong together may be of different moments; `understudy files --out-of-sync` names those known to differ.',
  },
});
