import { isRootNode } from '../fuse/root-node.ts';
import { type ExcludedNames, MARK } from './excluded-names.ts';
import type { NodeMarks } from './node-marks.ts';

/**
 * What of a mounted folder is not recorded, as far as it is known: nodes are marked when their names are looked up
 * or made. A mark that is missing does no harm, for whoever reads the records knows what is excluded; one that is
 * wrong would lose changes. So what a mark says is asked under the lock of the node that is changed, or of the
 * folder whose names are; marks are given and taken away under the node's lock (border.ts).
 */
export class Exclusion {
  readonly names: ExcludedNames;
  readonly marks: NodeMarks;
  /** Is anything hidden, and marked? Its border is minded all the same. The same for all of a request. */
  isHiding = false;

  constructor(names: ExcludedNames, marks: NodeMarks) {
    this.names = names;
    this.marks = marks;
  }

  markOf(low: number, high: number): number {
    return isRootNode(low, high) ? MARK.root : this.marks.get(low, high);
  }

  /** Is nothing recorded that is done to the node? */
  hides(low: number, high: number): boolean {
    return this.isHiding && this.marks.get(low, high) === MARK.excluded;
  }

  /** Is nothing recorded that is done to names in the folder? */
  hidesNames(low: number, high: number): boolean {
    return this.isHiding && this.isInside(low, high);
  }

  /** Is what has a name in the folder excluded? */
  isInside(low: number, high: number): boolean {
    const mark = this.markOf(low, high);
    return mark === MARK.excluded || mark === MARK.top;
  }
}
