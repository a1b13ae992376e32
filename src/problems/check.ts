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
  'CHK-004': {
    severity: 'error',
    message: '{path} could not be read on the active server ({error}), so the check says nothing about it.',
    cause: 'The storage of the active server failed to read it, or Understudy may not read it.',
    remedy: 'operator',
    resolution:
      'Look for faults of the disk that holds {path}, and for its permissions; then run `understudy check {path}`.',
  },
  'CHK-005': {
    severity: 'error',
    message: '{path} is not protected, so there is nothing to check.',
    cause: 'No include pattern covers it, or an exclude pattern does.',
    remedy: 'operator',
    resolution: 'Name a path within the protected set (`understudy settings explain protect.files.include`).',
  },
  'CHK-006': {
    severity: 'warning',
    message: '{items} found to differ on the passive server, and left as found: {examples}.',
    cause: 'A check was asked to verify only (`understudy check --verify-only`), so it repaired nothing.',
    remedy: 'operator',
    resolution:
      '`understudy files --out-of-sync` lists all of them, `understudy diff PATH` shows how one differs. Run `understudy check` to have them made equal, or `understudy check PATH` for one of them.',
  },
});
