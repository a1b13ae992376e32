import { OPCODE, OPCODES_MAX } from '../fuse/opcodes.ts';
import {
  COPY_FILE_RANGE_IN,
  CREATE_IN,
  IOCTL_IN,
  LINK_IN,
  MKDIR_IN,
  MKNOD_IN,
  OPEN_IN,
  RENAME2_IN,
  RENAME_IN,
  STATX,
} from '../fuse/structures.ts';
import { type ProtectedSet, protectedSet } from '../changes/protected-set.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { MODE } from './codes.ts';
import type { Attempts } from './attempts.ts';
import type { GuardedWords } from './mount-way.ts';
import { setsFlags } from './session-operations.ts';
import type { ServedFolder } from './served-folder.ts';

const PATH_BYTES_MAX = 4096;
const ROOT = '/' as ByteString;

/** What somebody wants to do, in words that a path follows. */
const DEEDS: Readonly<Partial<Record<number, string>>> = {
  [OPCODE.open]: 'write to',
  [OPCODE.create]: 'create',
  [OPCODE.mkdir]: 'create',
  [OPCODE.mknod]: 'create',
  [OPCODE.symlink]: 'create',
  [OPCODE.tmpfile]: 'create a file in',
  [OPCODE.link]: 'link',
  [OPCODE.unlink]: 'delete',
  [OPCODE.rmdir]: 'delete',
  [OPCODE.rename]: 'rename',
  [OPCODE.rename2]: 'rename',
  [OPCODE.write]: 'write to',
  [OPCODE.fallocate]: 'write to',
  [OPCODE.copyFileRange]: 'write to',
  [OPCODE.copyFileRange64]: 'write to',
  [OPCODE.setattr]: 'change the attributes of',
  [OPCODE.setxattr]: 'change the attributes of',
  [OPCODE.removexattr]: 'change the attributes of',
  [OPCODE.ioctl]: 'change the attributes of',
};
/** By opcode: may a request of that kind change something? */
const MAY_CHANGE = Uint8Array.from({ length: OPCODES_MAX }, (_, opcode) => (DEEDS[opcode] === undefined ? 0 : 1));

/** A place that a request would change. Null where it can't be told to be excluded. */
type Place = { readonly path: ByteString; readonly kind: 'file' | 'folder' | 'either' } | null;

/**
 * Decides, where a folder is served in the passive server's way, what is refused: every change of what is protected.
 * What is excluded passes through. Names lead to what they are underneath, so a path is the kernel's own.
 */
export class WriteGuard {
  readonly #served: ServedFolder;
  readonly #guarded: GuardedWords;
  readonly #attempts: Attempts;
  #version = 0;
  #set: Pick<ProtectedSet, 'covers'> = protectedSet({ include: [], exclude: [] });
  #folder: ByteString = ROOT;

  constructor(served: ServedFolder, guarded: GuardedWords, attempts: Attempts) {
    this.#served = served;
    this.#guarded = guarded;
    this.#attempts = attempts;
  }

  /** Is the request to be refused? Who asks is noted then. */
  refuses(): boolean {
    const { request } = this.#served;
    const { opcode, threadId } = request;
    if (MAY_CHANGE[opcode] !== 1 || !this.#changes(opcode)) return false;
    this.#learn();
    for (const place of this.#placesOf(opcode)) {
      if (place !== null && !this.#isProtected(place)) continue;
      this.#attempts.note(threadId, DEEDS[opcode] ?? '', place?.path ?? this.#folder);
      return true;
    }
    return false;
  }

  #learn(): void {
    const { version } = this.#guarded;
    if (version === this.#version) return;
    const guarded = this.#guarded.get();
    this.#set = protectedSet(guarded);
    this.#folder = guarded.folder;
    // It may have changed meanwhile: then it is read once more.
    this.#version = version;
  }

  #isProtected({ path, kind }: NonNullable<Place>): boolean {
    return (kind !== 'folder' && this.#set.covers(path, false)) || (kind !== 'file' && this.#set.covers(path, true));
  }

  #changes(opcode: number): boolean {
    const { request } = this.#served;
    if (opcode === OPCODE.ioctl) return setsFlags(request.u32(IOCTL_IN.command));
    if (opcode !== OPCODE.open) return true;
    const flags = request.u32(OPEN_IN.flags);
    return (flags & OPEN.access) !== OPEN.readOnly || (flags & OPEN.truncate) !== 0;
  }

  #placesOf(opcode: number): readonly Place[] {
    const { request } = this.#served;
    const { nodeLow, nodeHigh } = request;
    const file = (field: number): Place => this.#named(nodeLow, nodeHigh, field, 'file');
    const folder = (field: number): Place => this.#named(nodeLow, nodeHigh, field, 'folder');
    switch (opcode) {
      case OPCODE.create:
        return [file(CREATE_IN.name)];
      case OPCODE.mkdir:
        return [folder(MKDIR_IN.name)];
      case OPCODE.mknod:
        return [file(MKNOD_IN.name)];
      case OPCODE.symlink:
      case OPCODE.unlink:
        return [file(0)];
      case OPCODE.rmdir:
        return [folder(0)];
      case OPCODE.link:
        return [this.#node(request.u32(LINK_IN.node), request.u32(LINK_IN.node + 4)), file(LINK_IN.name)];
      case OPCODE.rename:
        return this.#ends(RENAME_IN.newFolder, RENAME_IN.names);
      case OPCODE.rename2:
        return this.#ends(RENAME2_IN.newFolder, RENAME2_IN.names);
      case OPCODE.copyFileRange:
      case OPCODE.copyFileRange64:
        return [this.#node(request.u32(COPY_FILE_RANGE_IN.nodeOut), request.u32(COPY_FILE_RANGE_IN.nodeOut + 4))];
      default:
        return [this.#node(nodeLow, nodeHigh)];
    }
  }

  #ends(newFolder: number, names: number): readonly Place[] {
    const { request } = this.#served;
    const { nodeLow, nodeHigh } = request;
    const [newLow, newHigh] = [request.u32(newFolder), request.u32(newFolder + 4)];
    return [
      this.#named(nodeLow, nodeHigh, names, 'either'),
      this.#named(newLow, newHigh, request.behindName(names), 'either'),
    ];
  }

  #named(low: number, high: number, field: number, kind: NonNullable<Place>['kind']): Place {
    const { request } = this.#served;
    const folder = this.#pathOf(low, high);
    if (folder === null) return null;
    return { path: joinPath(folder, this.#served.textAt(request.addressOf(field)) as ByteString), kind };
  }

  /** Null of a file with several names where this one is excluded: another one may be protected. */
  #node(low: number, high: number): Place {
    const path = this.#pathOf(low, high);
    if (path === null) return null;
    if (this.#isFolder) return { path, kind: 'folder' };
    const isOnlyName = this.#served.node.word(STATX.linkCount) <= 1;
    return isOnlyName || this.#set.covers(path, false) ? { path, kind: 'file' } : null;
  }

  get #isFolder(): boolean {
    return (this.#served.node.mode & MODE.type) === MODE.folder;
  }

  /** Of a node as it lies underneath, whose status is left in `node`. Null where the kernel knows it by no name. */
  #pathOf(low: number, high: number): ByteString | null {
    const served = this.#served;
    const { nodes, calls, plan } = served;
    const file = nodes.borrow(low, high);
    if (file < 0) return null;
    const looked = served.look(file, served.node);
    const into = plan.memory.address + plan.entries;
    const length = looked < 0 ? looked : calls.readLink(0, nodes.pathOf(file), into, PATH_BYTES_MAX);
    nodes.giveBack();
    if (length <= 0 || length >= PATH_BYTES_MAX) return null;
    const { bytes } = plan.memory;
    const path = Buffer.from(bytes.buffer, bytes.byteOffset + plan.entries, length).toString('latin1');
    if (path === '/' && !this.#isFolder) return null;
    const inside = path === '/' ? '' : path;
    const above = this.#folder === '/' ? '' : this.#folder;
    return `${above}${inside}` === '' ? ROOT : (`${above}${inside}` as ByteString);
  }
}
