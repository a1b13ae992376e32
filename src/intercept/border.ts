import type { Request } from '../fuse/request.ts';
import type { Status } from '../fuse/status.ts';
import { STATX } from '../fuse/structures.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { AT, MODE, RENAME, STATX_EVERYTHING } from './codes.ts';
import { MARK } from './excluded-names.ts';
import type { Exclusion } from './exclusion.ts';
import type { NodeLocks } from './node-locks.ts';
import type { ServedNodes } from './served-nodes.ts';

/** What of a served folder the border is about. */
export interface Bordered {
  readonly exclusion: Exclusion | null;
  readonly request: Request;
  readonly nodes: ServedNodes;
  readonly locks: NodeLocks;
  readonly node: Status;
  readonly calls: NodeCalls;
  textAt(name: number): string;
}

/** Both ends of a rename, and the nodes that have the names. */
export interface Move {
  readonly low: number;
  readonly high: number;
  readonly newLow: number;
  readonly newHigh: number;
  readonly moved: NodeNumber;
  /** What is moved the other way; null where it is no exchange. */
  readonly exchanged: NodeNumber | null;
}

interface NodeNumber {
  readonly low: number;
  readonly high: number;
}

/**
 * Marks what has a name in a folder, where that is on the way to what is excluded or in it. Its status is in `node`,
 * its number in `nodes`. No lock is held, and no record begun.
 * @param folderLow - with `folderHigh` the folder's number; that of the request where it is left out.
 */
export function enter(
  served: Bordered,
  folder: number,
  name: number,
  folderLow = served.request.nodeLow,
  folderHigh = served.request.nodeHigh,
): void {
  const { exclusion, nodes, locks, node, calls } = served;
  if (exclusion?.isHiding !== true || exclusion.markOf(folderLow, folderHigh) === MARK.none) return;
  const { low, high } = nodes;
  if (markToBe(served, exclusion.markOf(folderLow, folderHigh), name) === exclusion.marks.get(low, high)) return;
  locks.take(low);
  // All of it may be otherwise by now: moved out, or with a name elsewhere.
  const isSame = nodes.identify(folder, name) >= 0 && nodes.low === low && nodes.high === high;
  const looked = isSame ? calls.statx(folder, name, AT.noFollow, STATX_EVERYTHING, node.address) : -1;
  if (looked >= 0) {
    const mark = markToBe(served, exclusion.markOf(folderLow, folderHigh), name);
    setMark(exclusion, { low, high }, mark, isFolder(node));
  }
  locks.free(low);
}

/** As {@link enter}, of what has the name by now, whose number is left in `nodes`. @returns false where nothing was to be marked. */
export function enterAnew(
  served: Bordered,
  folder: number,
  name: number,
  folderLow: number,
  folderHigh: number,
): boolean {
  const { exclusion, nodes, node, calls } = served;
  if (exclusion?.isHiding !== true || exclusion.markOf(folderLow, folderHigh) === MARK.none) return false;
  if (nodes.identify(folder, name) < 0) return false;
  const looked = calls.statx(folder, name, AT.noFollow, STATX_EVERYTHING, node.address);
  if (looked >= 0) enter(served, folder, name, folderLow, folderHigh);
  return looked >= 0;
}

/** A folder keeps its mark until it is moved: whatever is marked in it depends on that. */
function setMark({ marks }: Exclusion, { low, high }: NodeNumber, mark: number, ofFolder: boolean): void {
  if (mark !== MARK.none) marks.set(low, high, mark, ofFolder);
  else if (!ofFolder) marks.remove(low, high);
}

/** What the name stands for in a folder with that mark. A file with further names is not excluded. */
function markToBe(served: Bordered, folder: number, name: number): number {
  const { exclusion, node } = served;
  const mark = exclusion?.names.markOf(folder, folder < MARK.root ? '' : served.textAt(name)) ?? MARK.none;
  if (isFolder(node)) return mark;
  const isExcluded = mark === MARK.excluded || mark === MARK.top;
  return isExcluded && node.word(STATX.linkCount) === 1 ? MARK.excluded : MARK.none;
}

function isFolder(node: Status): boolean {
  return (node.mode & MODE.type) === MODE.folder;
}

/**
 * How a rename concerns what is excluded: only that; by folders that are marked, and may have anything below them that
 * is; or by no more than the nodes that are moved.
 */
export type MoveKind = 'inside' | 'folders' | 'nodes';

/** Takes the locks that keep a rename's kind what it is; {@link unlock} frees them. */
export function lockFor({ locks }: Bordered, exclusion: Exclusion, move: Move): MoveKind {
  for (;;) {
    const kind = kindOf(exclusion, move);
    if (kind === 'folders') locks.takeAll();
    else if (kind === 'inside') locks.takeBoth(move.low, move.newLow);
    else locks.takeBoth(move.moved.low, (move.exchanged ?? move.moved).low);
    if (kindOf(exclusion, move) === kind) return kind;
    unlock({ locks }, kind, move);
  }
}

export function unlock({ locks }: Pick<Bordered, 'locks'>, kind: MoveKind, move: Move): void {
  if (kind === 'folders') locks.freeAll();
  else if (kind === 'inside') locks.freeBoth(move.low, move.newLow);
  else locks.freeBoth(move.moved.low, (move.exchanged ?? move.moved).low);
}

function kindOf(exclusion: Exclusion, move: Move): MoveKind {
  if (exclusion.isInside(move.low, move.high) && exclusion.isInside(move.newLow, move.newHigh)) return 'inside';
  const { moved, exchanged } = move;
  const { marks } = exclusion;
  const takesFolder = marks.hasFolder(moved.low, moved.high);
  return takesFolder || (exchanged !== null && marks.hasFolder(exchanged.low, exchanged.high)) ? 'folders' : 'nodes';
}

/**
 * Behind a rename, its locks held: takes the marks away from what was moved, and where that is a marked folder from
 * everything, for whatever lies in it is somewhere else now.
 */
export function leave({ marks }: Exclusion, kind: MoveKind, { moved, exchanged }: Move): void {
  if (kind === 'inside') return;
  if (kind === 'folders') return marks.clear();
  marks.remove(moved.low, moved.high);
  if (exchanged !== null) marks.remove(exchanged.low, exchanged.high);
}

/** What is moved the other way by a rename with these flags. @param there - what has the new name; null where nothing has. */
export function exchangedBy(flags: number, there: NodeNumber | null): NodeNumber | null {
  return (flags & RENAME.exchange) === 0 ? null : there;
}
