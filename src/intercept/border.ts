import type { Request } from '../fuse/request.ts';
import type { Status } from '../fuse/status.ts';
import { STATX } from '../fuse/structures.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { AT, MODE, RENAME, STATX_EVERYTHING } from './codes.ts';
import { MARK } from './excluded-names.ts';
import { type Exclusion, hidesNames } from './exclusion.ts';
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

/** Both ends of a rename: the folders' numbers and descriptors, and the addresses of the names. */
export interface Move {
  readonly folder: number;
  readonly low: number;
  readonly high: number;
  readonly name: number;
  readonly newFolder: number;
  readonly newLow: number;
  readonly newHigh: number;
  readonly newName: number;
  readonly flags: number;
}

/**
 * Marks what has a name in the folder of the request, where that folder is on the way to what is excluded or in it.
 * Its status is in `node`, its number in `nodes`.
 * @param isNew - it was made by this request, so that nobody knows it yet, and the folder's lock is held.
 */
export function enter(served: Bordered, folder: number, name: number, isNew: boolean): void {
  const { exclusion, request, nodes, locks, node, calls } = served;
  if (exclusion === null || exclusion.markOf(request.nodeLow, request.nodeHigh) === MARK.none) return;
  const { low, high } = nodes;
  const mark = markToBe(served, exclusion, name);
  if (mark === exclusion.marks.get(low, high)) return;
  if (isNew) return exclusion.marks.set(low, high, mark);
  locks.take(low);
  // All of it may be otherwise by now: moved out, or with a name elsewhere.
  const isSame = nodes.identify(folder, name) >= 0 && nodes.low === low && nodes.high === high;
  const looked = isSame ? calls.statx(folder, name, AT.noFollow, STATX_EVERYTHING, node.address) : -1;
  if (looked >= 0) exclusion.marks.set(low, high, markToBe(served, exclusion, name));
  locks.free(low);
}

/** What the name stands for in the folder of the request. A file with further names is not excluded. */
function markToBe(served: Bordered, exclusion: Exclusion, name: number): number {
  const { request, node } = served;
  const folder = exclusion.markOf(request.nodeLow, request.nodeHigh);
  const mark = exclusion.names.markOf(folder, folder < MARK.root ? '' : served.textAt(name));
  const isFolder = (node.mode & MODE.type) === MODE.folder;
  return isFolder || (mark === MARK.excluded && node.word(STATX.linkCount) === 1) ? mark : MARK.none;
}

/** How a rename concerns what is excluded: not at all, only that, or both sides of the border. */
export type MoveKind = 'outside' | 'inside' | 'across';

/** Takes the locks that keep a rename's kind what it is; {@link unlock} frees them. */
export function lockFor(served: Bordered, exclusion: Exclusion, move: Move): MoveKind {
  for (;;) {
    const kind = kindOf(served, exclusion, move);
    if (kind === 'across') served.locks.takeAll();
    else if (kind === 'inside') served.locks.takeBoth(move.low, move.newLow);
    else return kind;
    if (kindOf(served, exclusion, move) === kind) return kind;
    unlock(served, kind, move);
  }
}

export function unlock({ locks }: Bordered, kind: MoveKind, move: Move): void {
  if (kind === 'across') locks.freeAll();
  else if (kind === 'inside') locks.freeBoth(move.low, move.newLow);
}

function kindOf(served: Bordered, exclusion: Exclusion, move: Move): MoveKind {
  const from = exclusion.markOf(move.low, move.high);
  const to = exclusion.markOf(move.newLow, move.newHigh);
  if (hidesNames(from) && hidesNames(to)) return 'inside';
  if (hidesNames(from) !== hidesNames(to)) return 'across';
  if (from === MARK.none && to === MARK.none) return 'outside';
  const isMarked = (folder: number, name: number): boolean =>
    folder >= MARK.root && exclusion.names.markOf(folder, served.textAt(name)) !== MARK.none;
  return isMarked(from, move.name) || isMarked(to, move.newName) ? 'across' : 'outside';
}

/**
 * Behind a rename across the border, all locks held: takes the marks away from what was moved, and where that is a
 * folder from everything, for it may have taken any of them along.
 */
export function leave(served: Bordered, exclusion: Exclusion, move: Move): void {
  const { nodes } = served;
  const isExchange = (move.flags & RENAME.exchange) !== 0;
  const places = [[move.newFolder, move.newName], ...(isExchange ? [[move.folder, move.name]] : [])] as const;
  for (const [folder, name] of places as readonly (readonly [number, number])[]) {
    const isFile = nodes.identify(folder, name) >= 0 && isNoFolder(served, folder, name);
    if (isFile) exclusion.marks.set(nodes.low, nodes.high, MARK.none);
    else exclusion.marks.clear();
  }
}

function isNoFolder({ calls, node }: Bordered, folder: number, name: number): boolean {
  const looked = calls.statx(folder, name, AT.noFollow, STATX_EVERYTHING, node.address);
  return looked >= 0 && (node.mode & MODE.type) !== MODE.folder;
}
