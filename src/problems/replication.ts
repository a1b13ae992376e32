import { area } from './entry.ts';

/** Problems of the area `RPL`. Codes are never used again and never renumbered. */
export const REPLICATION_PROBLEMS = area({
  'RPL-001': {
    severity: 'error',
    message:
      'Replication is not synchronous any more: {reason}. Applications go on without the passive server, which has everything they flushed up to position {position}.',
    cause:
      'replication.onPeerLoss lets applications go on (degrade), or they have waited for replication.holdMsMax (hold).',
    remedy: 'retry',
    resolution:
      'Bring the passive server or the channel back. Flushes wait for it again once it has caught up. Until then what is flushed is lost with the active server.',
  },
  'RPL-002': {
    severity: 'error',
    message: 'Applications that flush files wait: {reason}. They wait for {limit}.',
    cause: 'replication.onPeerLoss is hold: nothing is called durable that the passive server does not have.',
    remedy: 'operator',
    resolution:
      'Bring the passive server or the channel back. To let applications go on without it, set replication.onPeerLoss to degrade, or replication.mode to asynchronous.',
  },
  'RPL-003': {
    severity: 'warning',
    message: 'Replication is not synchronous in {folders}, which {are} watched.',
    cause: 'Only in an intercepted folder can a flush wait for the passive server.',
    remedy: 'operator',
    resolution:
      'Set capture to intercept where it is not; where it is, see the finding that says why the folder is watched.',
  },
  'RPL-004': {
    severity: 'warning',
    message: 'Replication is not synchronous yet: the passive server is not known to hold everything.',
    cause: 'Each start of replication verifies the copy first.',
    remedy: 'retry',
    resolution: 'Nothing is needed: flushes wait for the passive server once both are synchronized.',
  },
});
