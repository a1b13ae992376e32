import { area } from './entry.ts';

/** Problems of the area `DMN`. Codes are never used again and never renumbered. */
export const DAEMON_PROBLEMS = area({
  'DMN-001': {
    severity: 'error',
    message: 'The other server cannot be asked: {reason}.',
    cause: 'The two daemons are not connected, or the other one is busy.',
    remedy: 'retry',
    resolution: 'See `understudy findings` for why the channel is down, then try again.',
  },
  'DMN-002': {
    severity: 'error',
    message: 'A check cannot run now: {reason}.',
    cause: 'A check compares the two servers: both must be connected, one active and one passive.',
    remedy: 'operator',
    resolution: 'See `understudy findings`, mend what stands there, then try again.',
  },
  'DMN-003': {
    severity: 'error',
    message: 'Replication stopped on a fault: {reason}.',
    cause: 'A fault in Understudy, or a disk that failed under it.',
    remedy: 'retry',
    resolution: 'Understudy starts it again and checks everything. If it repeats, send the log to the developers.',
  },
  'DMN-004': {
    severity: 'error',
    message: 'The finding {id} has no action that could be carried out.',
    cause: 'What it names is mended by itself, or only by hand.',
    remedy: 'operator',
    resolution: 'Do what its resolution says: `understudy findings` shows it.',
  },
  'DMN-005': {
    severity: 'warning',
    message: '{file} was edited on the passive server; the settings of the active server stay in force.',
    cause: 'The pair settings belong to the pair and are taken from the active server.',
    remedy: 'operator',
    resolution: 'Make the change in pair.yaml on the active server. Delete {file} here and it is written anew.',
  },
  'DMN-006': {
    severity: 'error',
    message: '{path} is not protected.',
    cause: 'No include of the pair settings covers it, or an exclude does.',
    remedy: 'operator',
    resolution: '{hint}See protect.files in pair.yaml.',
  },
  'DMN-007': {
    severity: 'error',
    message: '{file} was edited on both servers; each goes on with the settings it had in force.',
    cause: 'Both texts changed since the two servers last agreed, and neither may silently replace the other.',
    remedy: 'operator',
    resolution:
      'Make the two files equal. To keep the text of the active server, delete {file} on the passive one: it is written anew.',
  },
  'DMN-010': {
    severity: 'warning',
    message: 'This daemon did not run for {seconds} s.',
    cause:
      'Somebody stopped the process (SIGSTOP, a debugger, a frozen control group), the machine was paused or suspended, or it was far too busy.',
    remedy: 'operator',
    resolution:
      'Nothing is needed here: what was missed is made up for by itself. Find out what stopped it, for meanwhile nothing was replicated.',
  },
  'DMN-011': {
    severity: 'warning',
    message: 'The clock of this server was set {direction} by {seconds} s.',
    cause: 'Somebody or something set the time in one step.',
    remedy: 'operator',
    resolution:
      'See that the time is kept by NTP. No wait or deadline is affected; times of events before and after it do not fit together.',
  },
  'DMN-012': {
    severity: 'error',
    message: 'The other server is connected, but its daemon has told nothing for {seconds} s.',
    cause: 'Its main thread waits for something, often a disk that hangs, or the machine is far too busy.',
    remedy: 'operator',
    resolution: 'Look at that machine: its disks, its load, the log of its daemon. It goes on by itself.',
  },
  'DMN-008': {
    severity: 'error',
    message: 'The folder {path} ({setting}) cannot be used: {reason}.',
    cause:
      'Understudy keeps this folder to itself; it was made by another user, often root, or this user may not make it.',
    remedy: 'operator',
    resolution:
      'Run Understudy as root, or as the user the folder belongs to. For a trial as this user, name a folder of your own in {setting} (`understudy init --state-directory FOLDER`).',
  },
});
