import { area } from './entry.ts';

/** Problems of the area `SVC`. Codes are never used again and never renumbered. */
export const SERVICE_PROBLEMS = area({
  'SVC-001': {
    severity: 'warning',
    message: 'The service {name} is listed and was not adopted here: nothing is done about it.',
    cause: 'A service is left alone until somebody has seen what would be changed for it and has confirmed that.',
    remedy: 'operator',
    resolution:
      'Run `understudy services adopt`: it shows what it would change on both servers, and asks. Or take the service out of protect.services.',
  },
  'SVC-002': {
    severity: 'error',
    message: 'The service {name} is not there: {manager} knows none of that name.',
    cause: 'It is not installed on this server, or is called otherwise here.',
    remedy: 'operator',
    resolution: 'Install it, or mend its name in protect.services. It is looked for again all the time.',
  },
  'SVC-003': {
    severity: 'error',
    message: 'The services of {manager} cannot be watched: {reason}.',
    cause: 'The service manager does not run, does not answer, or refuses this process.',
    remedy: 'retry',
    resolution:
      'It is asked again at each look. Where this machine has no systemd, set manager: command for the service in protect.services.',
  },
  'SVC-004': {
    severity: 'error',
    message: 'The service {name} has not started within {seconds} s.',
    cause: 'It takes longer than its startTimeoutMs, or hangs.',
    remedy: 'operator',
    resolution:
      'Look at its own log. Where it is only slow, raise startTimeoutMs. Services behind it in the order go on.',
  },
  'SVC-005': {
    severity: 'error',
    message: 'The service {name} has not stopped within {seconds} s; its processes are ended.',
    cause: 'It takes longer than its stopTimeoutMs, or hangs.',
    remedy: 'retry',
    resolution: 'Look at its own log. Where it is only slow, raise stopTimeoutMs.',
  },
  'SVC-006': {
    severity: 'warning',
    message: 'The service {name} has failed ({count}, {detail}); {action}.',
    cause: 'It ended by itself, was stopped or killed, or did not start.',
    remedy: 'retry',
    resolution:
      'Look at its own log for why. This finding ends by itself once the service has run for {stableMinutes} minutes without a failure.',
  },
  'SVC-007': {
    severity: 'error',
    message: 'The service {name} is to run and does not: it has failed {count} times and is left as it is.',
    cause: 'What onFailure says for this failure is warn: nothing is done about it.',
    remedy: 'operator',
    resolution:
      'Mend it and start it, by systemctl or whatever it is started by: that is allowed on the active server.',
  },
  'SVC-008': {
    severity: 'error',
    message: '{manager} refused to {action} the service {name}: {reason}.',
    cause: 'See the reason; often a unit file with a fault, or a unit that is masked.',
    remedy: 'retry',
    resolution: 'Mend what the reason names. It is tried again at each look.',
  },
  'SVC-010': {
    severity: 'error',
    message: 'The service {name} ran on the passive server, where nobody may start it; it is stopped.',
    cause: 'Somebody or something started it past the guard: the evidence says what is known.',
    remedy: 'retry',
    resolution:
      'Nothing is needed for the data: what it wrote into protected folders is found and repaired. See that whatever the evidence names does not start it again. This finding ends a minute after the last time.',
  },
  'SVC-011': {
    severity: 'warning',
    message: 'The service {name} would start by itself again: its unit was enabled by somebody.',
    cause: 'It was set to Manual when it was adopted, and somebody has changed that since.',
    remedy: 'operator',
    resolution:
      'What has a guard nothing can start while that is there. To set it to Manual again, run `understudy services adopt`.',
  },
  'SVC-012': {
    severity: 'error',
    message: 'The guard of the service {name} is not in force: {recovery} is set for its failures.',
    cause: 'The drop-in file {file} was removed or set aside, or systemd has not read it.',
    remedy: 'operator',
    resolution: 'Run `understudy services adopt`, which writes it again.',
  },
  'SVC-013': {
    severity: 'warning',
    message: 'The service {name} needs {dependency}, which does not run.',
    cause: 'It was stopped or has failed; it is not protected itself, so nothing is done about it.',
    remedy: 'operator',
    resolution: 'Start it, or list it in protect.services before the service that needs it.',
  },
  'SVC-014': {
    severity: 'error',
    message: 'What was changed for protected services on this server can not be told, or undone: {reason}.',
    cause: 'The record of it in the state folder, or a file that it names, can not be read or written.',
    remedy: 'operator',
    resolution: 'Mend what the reason names, then start the daemon again, or run the command again.',
  },
  'SVC-015': {
    severity: 'error',
    message: 'What would be changed is not what was shown.',
    cause: 'Units or settings were changed between the plan and the confirmation.',
    remedy: 'operator',
    resolution: 'Run `understudy services adopt` again and look at the new plan.',
  },
  'SVC-021': {
    severity: 'warning',
    message: 'The program {name} runs on the passive server and {effect}; {action}.',
    cause:
      'protect.programs lists it: a client of a protected application that is left running there keeps files in use, or changes them.',
    remedy: 'operator',
    resolution:
      'End it there, or have `understudy fix {finding}` do that; the evidence says who started it. To have it ended whenever it is found, set onPassive: end for it. This finding ends once it does not run any more.',
  },
  'SVC-017': {
    severity: 'warning',
    message: 'The service {name} would be started again by {manager} when it ends.',
    cause:
      'Somebody told {manager} to keep it running, as by `sv up` or `s6-svc -u`. It cannot be guarded against that.',
    remedy: 'operator',
    resolution:
      'Run `sv once` (runit) or `s6-svc -o` (s6) for its folder, or stop it: it is then started again as it should be. Until then a failure of it is not acted on as onFailure says.',
  },
  'SVC-018': {
    severity: 'error',
    message: 'The service {name} counts as stopped, and processes of it still run ({processes}): {action}.',
    cause:
      'Its manager took it for stopped and let go of them: systemd does so with what is started too often while it stops (start-limit-hit), and with processes that its KillMode leaves.',
    remedy: 'retry',
    resolution:
      'The evidence says what they are. What is ended needs nothing: this finding ends with the last of them; only one that waits in the kernel, as for a disk that does not answer, stays until that is over. What is left to itself may hold or change protected files: end it, or set KillMode=control-group for the unit.',
  },
  'SVC-020': {
    severity: 'warning',
    message: 'Services are paused until {until}: {reason}.',
    cause: 'Somebody asked for it (`understudy pause`), for maintenance.',
    remedy: 'operator',
    resolution:
      'Nothing is started, stopped or restarted meanwhile, on neither server; replication goes on. It ends by itself, or by `understudy resume`.',
  },
  'SVC-030': {
    severity: 'error',
    message: 'The probe {name} fails: {reason}.',
    cause: 'The application runs and does not answer as it is to, or the probe asks what it can not answer.',
    remedy: 'operator',
    resolution:
      "Look at the application's own log, and ask it the same by hand. Where the probe has a service, what its onFailure says is done. This finding ends by itself with the first good answer.",
  },
  'SVC-031': {
    severity: 'warning',
    message: 'The rule {name} has been broken for {seconds} s or longer: {reason}.',
    cause: 'Something on this server takes more than health.rules allows.',
    remedy: 'operator',
    resolution:
      'See what takes it and end that, or raise the bound in health.rules. This finding ends by itself once it is below the bound.',
  },
  'SVC-032': {
    severity: 'error',
    message: '{name} was bad and stays so until somebody says otherwise: {reason}.',
    cause: 'It is latched: what it found may be over by now, and somebody was to see that it has been.',
    remedy: 'operator',
    resolution: 'See why it was, then run `understudy fix {finding}`: it is told again when it is bad once more.',
  },
  'SVC-040': {
    severity: 'warning',
    message: 'The hook {name} ({when}) failed: {reason}.',
    cause: 'Its command ended with an error, took too long, or could not be run; the evidence has its last words.',
    remedy: 'operator',
    resolution:
      'Mend the command, or what it works with. What it belongs to went on without it. This finding ends with its next run that succeeds.',
  },
  'SVC-050': {
    severity: 'error',
    message: 'A snapshot of the copy was not taken: {reason}.',
    cause:
      'snapshots.command ended with an error or took too long (the evidence has its last words), or it never came to it.',
    remedy: 'retry',
    resolution:
      'Mend what the reason names. One is taken at the next time of snapshots.schedule, or by `understudy snapshots take`; this finding ends with the next that succeeds.',
  },
  'SVC-051': {
    severity: 'warning',
    message: 'The snapshot at the position {position} is not one moment of the active server.',
    cause: 'Within half a minute the copy was at no such moment, or it had to be changed while the snapshot was taken.',
    remedy: 'retry',
    resolution:
      'Where the copy is Synchronized again, run `understudy snapshots take`. This finding ends with the next snapshot that is one moment.',
  },
  'SVC-052': {
    severity: 'error',
    message: 'No snapshot can be taken now: {reason}.',
    cause: 'See the reason.',
    remedy: 'operator',
    resolution: 'Mend what the reason names, or wait until the one that is being taken has ended.',
  },
  'SVC-016': {
    severity: 'warning',
    message: 'The service {name} was adopted and is not listed in protect.services any more.',
    cause: 'It was taken out of the settings; what was changed for it on this server stands.',
    remedy: 'operator',
    resolution:
      'Run `understudy services release`, and then `understudy services adopt` for what is still listed. Until then it can be started on the active server alone.',
  },
});
