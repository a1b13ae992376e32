import type { AttributeName, Difference } from '../../changes/difference.ts';
import type { NodeType } from '../../changes/change.ts';
import { isDevice, sayType } from '../../changes/node-type.ts';

/** How an item differs, in a few words. */
export function sayDifference(difference: Difference): string {
  switch (difference.kind) {
    case 'missing':
      return 'missing on the passive server';
    case 'type':
      return `is a ${sayType(difference.found)} on the passive server, a ${sayType(difference.entry.type)} on the active one`;
    case 'content':
      return sayContent(difference.entry.type);
    case 'attributes':
      return `${difference.what.join(', ')} ${isPlural(difference.what) ? 'differ' : 'differs'}`;
    case 'ranges':
      return `content differs in ${difference.ranges.length === 1 ? '1 range' : `${String(difference.ranges.length)} ranges`}`;
    case 'suspect':
      return 'size or times differ';
    case 'orphan':
      return 'only on the passive server';
  }
}

function isPlural(what: readonly AttributeName[]): boolean {
  return what.length !== 1 || (what[0] !== 'mode' && what[0] !== 'owner' && what[0] !== 'mtime');
}

function sayContent(type: NodeType): string {
  if (type === 'symlink') return 'leads elsewhere';
  return isDevice(type) ? 'is another device' : 'content differs';
}
