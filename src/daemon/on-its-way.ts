import type { NodeId } from '../changes/change.ts';
import { type Difference, nodeOf } from '../changes/difference.ts';
import type { NodeTree } from '../changes/node-tree.ts';

/**
 * Does an item differ only because a change to it is still coming? A check states a large file, or a
 * folder's time, as it is; what capture says of the same moment may come after that. Nothing is less
 * repaired for it: only no fault of the passive's copy.
 * @param known.isArriving - Apply awaits more of a node.
 * @param known.isVerified - everything was verified since capture began: what another time is stated of now was changed since.
 */
export function isOnItsWay(
  difference: Difference,
  known: { readonly tree: NodeTree; readonly isArriving: (node: NodeId) => boolean; readonly isVerified: boolean },
): boolean {
  const id = nodeOf(difference);
  if (id === null) return false;
  if (known.isArriving(id)) return true;
  if (!known.isVerified || (difference.kind !== 'ranges' && difference.kind !== 'attributes')) return false;
  const node = known.tree.get(id);
  const { mtimeSeconds, mtimeNanoseconds } = difference.attributes;
  return node !== undefined && (node.mtimeSeconds !== mtimeSeconds || node.mtimeNanoseconds !== mtimeNanoseconds);
}
