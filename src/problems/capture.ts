import { area } from './entry.ts';

/** Problems of the area `CAP`. Codes are never used again and never renumbered. */
export const CAPTURE_PROBLEMS = area({
  'CAP-001': {
    severity: 'error',
    message: 'The protected folder {path} cannot be read: {reason}.',
    cause: 'It is missing or this user may not read it.',
    remedy: 'operator',
    resolution: 'Create it or give the right to read it. Understudy looks again by itself.',
  },
  'CAP-002': {
    severity: 'warning',
    message: '{path} cannot be read: {reason}. It is not protected.',
    cause: 'This user may not read it.',
    remedy: 'operator',
    resolution: 'Give the right to read it, or exclude it.',
  },
  'CAP-003': {
    severity: 'error',
    message: 'No more folders can be watched: {reason}.',
    cause: 'The limit fs.inotify.max_user_watches ({limit}) is used up.',
    remedy: 'operator',
    resolution: 'Raise it with sysctl, or run Understudy as root so that it watches whole file systems.',
  },
  'CAP-004': {
    severity: 'warning',
    message: 'The kernel dropped change notices; everything protected is checked again.',
    cause: "More changes came at once than the kernel's queue holds.",
    remedy: 'retry',
    resolution: 'Nothing is needed. Run Understudy as root for a queue without a bound.',
  },
  'CAP-005': {
    severity: 'warning',
    message: 'Changes are watched folder by folder ({kind}): {reason}.',
    cause: 'The right or the file system does not allow watching the whole file system.',
    remedy: 'operator',
    resolution:
      "Run Understudy as root on a file system that allows it. Until then the process that changes a file can't be named.",
  },
});
