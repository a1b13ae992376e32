import type { Difference } from '../changes/difference.ts';

/** How an item differs, in a few words. */
export function sayDifference(difference: Difference): string {
  switch (difference.kind) {
    case 'missing':
      return 'missing on the passive server';
    case 'type':
      return `is a ${difference.found} on the passive server, a ${difference.entry.type} on the active one`;
    case 'content':
      return difference.entry.type === 'symlink' ? 'leads elsewhere' : 'content differs';
    case 'attributes':
      return `${difference.what.join(', ')} differ${difference.what.length === 1 ? 's' : ''}`;
    case 'ranges':
      return `content differs in ${difference.ranges.length === 1 ? '1 range' : `${String(difference.ranges.length)} ranges`}`;
    case 'suspect':
      return 'size or times differ';
    case 'orphan':
      return 'only on the passive server';
  }
}
