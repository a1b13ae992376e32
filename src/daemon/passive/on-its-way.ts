import type { Attributes, NodeId } from '../../changes/change.ts';
import { type Difference, nodeOf } from '../../changes/difference.ts';
import type { NodeTree } from '../../changes/node-tree.ts';

/**
 * Does an item differ only because a change to it is still coming? A check states a file, or a
 * folder's time, as it is; what capture says of the same moment may come after that. Nothing is less
 * repaired for it: only no fault of the passive's copy.
 * @param known.isArriving - Apply awaits more of a node.
 * @param known.isVerified - everything was verified since capture began: what another time or size is stated of now was changed since.
 */
export function isOnItsWay(
  difference: Difference,
  known: { readonly tree: NodeTree; readonly isArriving: (node: NodeId) => boolean; readonly isVerified: boolean },
): boolean {
  const id = nodeOf(difference);
  if (id === null) return false;
  if (known.isArriving(id)) return true;
  const stated = known.isVerified ? statedIn(difference) : null;
  const node = known.tree.get(id);
  if (stated === null || node === undefined) return false;
  const { attributes, sizeBytes = node.sizeBytes } = stated;
  return (
    node.mtimeSeconds !== attributes.mtimeSeconds ||
    node.mtimeNanoseconds !== attributes.mtimeNanoseconds ||
    node.sizeBytes !== sizeBytes
  );
}

/** What the active server says of an item that is here, too; null where the difference is of another kind. */
function statedIn(difference: Difference): { readonly attributes: Attributes; readonly sizeBytes?: number } | null {
  switch (difference.kind) {
    case 'ranges':
    case 'attributes':
      return difference;
    case 'content':
      return difference.entry.type === 'file' ? difference.entry : null;
    default:
      return null;
  }
}
