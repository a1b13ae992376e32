import { ROOT_NODE } from '../fuse/root-node.ts';
import { KERNEL_DIRENT } from '../fuse/structures.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { enterAnew } from './border.ts';
import { MARK } from './excluded-names.ts';
import type { Exclusion } from './exclusion.ts';
import type { ServedFolder } from './served-folder.ts';

/** Requests wait for so much of a folder's names to be looked up. */
const FETCHED_BYTES = 1024;
/** Of more than these nodes few would be marked beside one another. */
const NODES_MAX = 32_768;
/** After everything lost its mark. */
const AGAIN_MS = 10_000;
const DOT = '.'.charCodeAt(0);

interface Folder {
  readonly low: number;
  readonly high: number;
  /** Where the names begin that were not looked up. */
  place: bigint;
}

/**
 * Marks what is excluded and is there: the kernel asks for no name that it knows already, so what it knew before is
 * looked up here. For one of the threads, a little at a time, each within a turn.
 */
export class Marker {
  readonly #served: ServedFolder;
  #exclusion: Exclusion | null = null;
  #clears = 0;
  #beganMs = 0;
  #looked = 0;
  #folders: Folder[] = [];

  constructor(served: ServedFolder) {
    this.#served = served;
  }

  /** Is there more to do? */
  get isBusy(): boolean {
    return this.#folders.length > 0;
  }

  /** Once for each turn. @returns false where there is nothing to do. */
  step(): boolean {
    const { exclusion } = this.#served;
    if (exclusion?.isHiding !== true) return false;
    if (this.#isNew(exclusion)) this.#begin(exclusion);
    const folder = this.#folders.at(-1);
    if (folder === undefined) return false;
    const mark = exclusion.markOf(folder.low, folder.high);
    if (mark >= MARK.root) this.#lookUp(folder, exclusion.names.namesIn(mark));
    const isMore = (mark === MARK.excluded || mark === MARK.top) && this.#lookUpSome(folder);
    if (!isMore) this.#folders = this.#folders.filter((other) => other !== folder);
    if (this.#looked >= NODES_MAX) this.#folders = [];
    return true;
  }

  #isNew(exclusion: Exclusion): boolean {
    if (exclusion !== this.#exclusion) return true;
    return exclusion.marks.clears !== this.#clears && this.#served.nowMs() - this.#beganMs >= AGAIN_MS;
  }

  #begin(exclusion: Exclusion): void {
    this.#exclusion = exclusion;
    this.#clears = exclusion.marks.clears;
    this.#beganMs = this.#served.nowMs();
    this.#looked = 0;
    this.#folders = [{ ...ROOT_NODE, place: 0n }];
  }

  #lookUp({ low, high }: Folder, names: Iterable<string>): void {
    const { nodes, plan } = this.#served;
    const { bytes, address } = plan.memory;
    const folder = nodes.folder(low, high);
    if (folder < 0) return;
    for (const name of names) {
      bytes.set(Buffer.from(`${name}\0`, 'latin1'), plan.entries);
      this.#mark(folder, address + plan.entries, low, high);
    }
  }

  /** @returns false where there are no more. */
  #lookUpSome(at: Folder): boolean {
    const { calls, nodes, plan } = this.#served;
    const { bytes, address } = plan.memory;
    const { low, high } = at;
    const folder = nodes.open(low, high, OPEN.readOnly | OPEN.noAccessTime | calls.flags.folder);
    if (folder < 0) return false;
    const sought = calls.seekEntry(folder, at.place);
    const fetched = sought < 0 ? sought : calls.entries(folder, address + plan.entries, FETCHED_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset + plan.entries, FETCHED_BYTES);
    for (let entry = 0; entry < fetched; entry += view.getUint16(entry + KERNEL_DIRENT.length, true)) {
      at.place = view.getBigInt64(entry + KERNEL_DIRENT.offset, true);
      const name = entry + KERNEL_DIRENT.name;
      if (!isSelfOrParent(view, name)) this.#mark(folder, address + plan.entries + name, low, high);
    }
    calls.close(folder);
    return fetched > 0;
  }

  #mark(folder: number, name: number, low: number, high: number): void {
    const { nodes, exclusion } = this.#served;
    this.#looked += 1;
    if (!enterAnew(this.#served, folder, name, low, high)) return;
    const found = { low: nodes.low, high: nodes.high, place: 0n };
    if (exclusion?.marks.hasFolder(found.low, found.high) === true) this.#folders.push(found);
  }
}

function isSelfOrParent(view: DataView, name: number): boolean {
  if (view.getUint8(name) !== DOT) return false;
  const second = view.getUint8(name + 1);
  return second === 0 || (second === DOT && view.getUint8(name + 2) === 0);
}
