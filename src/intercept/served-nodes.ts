import type { NodeCalls } from '../kernel/node-calls.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { isRootNode } from '../fuse/root-node.ts';
import { FILE_HANDLE } from '../fuse/structures.ts';
import { AT } from './codes.ts';
import type { MemoryPlan } from './memory-plan.ts';

const HANDLE_BYTES = 8;
/** ext4's kind of handle: inode and generation. */
export const HANDLE_TYPE = 1;
const FOLDERS_KEPT_MAX = 512;
const PATH_PREFIX = '/proc/self/fd/';
const DIGIT_0 = 48;

interface KeptFolder {
  readonly high: number;
  readonly descriptor: number;
}

/**
 * Nodes by their numbers. A number is the node's file handle itself (the inode low, its generation high), so
 * nothing is kept of a node between two requests, and a number names one file for good.
 */
export class ServedNodes {
  /** The node that {@link identify} found last. */
  low = 0;
  high = 0;
  readonly root: number;
  readonly #calls: NodeCalls;
  readonly #plan: MemoryPlan;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #handle: number;
  readonly #nameless: number;
  readonly #folders = new Map<number, KeptFolder>();
  #rootLow = 0;
  #rootHigh = 0;
  #borrowed = -1;

  /** @param root - Descriptor of the folder underneath. */
  constructor(calls: NodeCalls, plan: MemoryPlan, root: number) {
    this.#calls = calls;
    this.#plan = plan;
    this.root = root;
    const { bytes, address } = plan.memory;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytes = bytes;
    this.#handle = address + plan.handle;
    this.#nameless = address + plan.nameless;
    for (let at = 0; at < PATH_PREFIX.length; at++) bytes[plan.path + at] = PATH_PREFIX.charCodeAt(at);
  }

  /** Learns what the root's handle is. @returns 0, or minus the number of an error. */
  learnRoot(): number {
    const outcome = this.identify(this.root, this.#nameless, AT.nameless);
    [this.#rootLow, this.#rootHigh] = [this.low, this.high];
    return outcome;
  }

  /** Leaves the number of what has the name in `low` and `high`. @returns 0, or minus the number of an error. */
  identify(folder: number, name: number, flags = 0): number {
    this.#view.setUint32(this.#plan.handle + FILE_HANDLE.capacity, HANDLE_BYTES, true);
    const mountId = this.#plan.memory.address + this.#plan.mountId;
    const outcome = this.#calls.handleAt(folder, name, this.#handle, mountId, flags);
    if (outcome < 0) return outcome;
    this.low = this.#view.getUint32(this.#plan.handle + FILE_HANDLE.low, true);
    this.high = this.#view.getUint32(this.#plan.handle + FILE_HANDLE.high, true);
    return 0;
  }

  /** As {@link identify}, of an open file. */
  identifyOpen(file: number): number {
    return this.identify(file, this.#nameless, AT.nameless);
  }

  /** @returns a descriptor to be closed, or minus the number of an error. */
  open(low: number, high: number, flags: number): number {
    const isRoot = isRootNode(low, high);
    const { handle } = this.#plan;
    this.#view.setUint32(handle + FILE_HANDLE.capacity, HANDLE_BYTES, true);
    this.#view.setUint32(handle + FILE_HANDLE.type, HANDLE_TYPE, true);
    this.#view.setUint32(handle + FILE_HANDLE.low, isRoot ? this.#rootLow : low, true);
    this.#view.setUint32(handle + FILE_HANDLE.high, isRoot ? this.#rootHigh : high, true);
    return this.#calls.openByHandle(this.root, this.#handle, flags);
  }

  /** A folder to look up names in; its descriptor is kept, and not to be closed. Minus the number of an error. */
  folder(low: number, high: number): number {
    if (isRootNode(low, high)) return this.root;
    const kept = this.#folders.get(low);
    if (kept !== undefined) {
      if (kept.high === high) {
        // Used last: a second folder that is opened for the same request does not push it out.
        this.#folders.delete(low);
        this.#folders.set(low, kept);
        return kept.descriptor;
      }
      this.#letGo(low, kept);
    }
    const descriptor = this.open(low, high, OPEN.path | this.#calls.flags.folder);
    if (descriptor < 0) return descriptor;
    this.#folders.set(low, { high, descriptor });
    if (this.#folders.size > FOLDERS_KEPT_MAX) {
      for (const [oldest, folder] of this.#folders) {
        this.#letGo(oldest, folder);
        break;
      }
    }
    return descriptor;
  }

  /** A folder that was removed; other threads' descriptors of it go when they are pushed out. */
  forgetFolder(low: number): void {
    const kept = this.#folders.get(low);
    if (kept !== undefined) this.#letGo(low, kept);
  }

  /** Any node, opened as a path for one call; {@link giveBack} ends it. Minus the number of an error. */
  borrow(low: number, high: number): number {
    if (isRootNode(low, high)) return this.root;
    const kept = this.#folders.get(low);
    if (kept?.high === high) return kept.descriptor;
    this.#borrowed = this.open(low, high, OPEN.path);
    return this.#borrowed;
  }

  giveBack(): void {
    if (this.#borrowed >= 0) this.#calls.close(this.#borrowed);
    this.#borrowed = -1;
  }

  /** Address of a path that leads to an open file, for calls that take a path; until the next one. */
  pathOf(descriptor: number): number {
    const start = this.#plan.path + PATH_PREFIX.length;
    let digits = 1;
    for (let rest = descriptor; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    let rest = descriptor;
    for (let at = start + digits - 1; at >= start; at--) {
      this.#bytes[at] = DIGIT_0 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.#bytes[start + digits] = 0;
    return this.#plan.memory.address + this.#plan.path;
  }

  #letGo(low: number, folder: KeptFolder): void {
    this.#folders.delete(low);
    this.#calls.close(folder.descriptor);
  }
}
