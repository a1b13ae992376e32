import type { ByteString } from '../kernel/byte-string.ts';

/**
 * A file, folder or link, whatever its names. On a watched folder it is the active server's inode
 * number (exact in a double; the file systems of further protected folders are told apart by
 * {@link nodeIdOf}). A number may be used again once its node is gone.
 */
export type NodeId = number;

/** Inodes below this keep their number; each further device gets a range of its own above it. */
const INODES_PER_DEVICE = 2 ** 47;
export const DEVICES_MAX = 32;

/** @param deviceIndex - small number given to each file system under protection, from 0. */
export function nodeIdOf(deviceIndex: number, inode: number): NodeId | null {
  return inode < INODES_PER_DEVICE && deviceIndex < DEVICES_MAX ? deviceIndex * INODES_PER_DEVICE + inode : null;
}

/** The small number of the file system that a node lives on. */
export function deviceIndexOf(node: NodeId): number {
  return Math.floor(node / INODES_PER_DEVICE);
}

/** Where a change stands in the one ordered stream. `sequence` starts at 1 in each epoch. */
export interface Position {
  readonly epoch: number;
  readonly sequence: number;
}

/** Before everything. */
export const ORIGIN: Position = { epoch: 0, sequence: 0 };

/** Negative, zero or positive, as a sorts before, with or after b. */
export function comparePositions(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.sequence - b.sequence;
}

/** What is carried. Sockets are not: they mean nothing without the process that made them. */
export type NodeType = 'file' | 'folder' | 'symlink' | 'fifo' | 'characterDevice' | 'blockDevice';

/** What a node carries besides its content. Times in whole seconds (may be negative) and nanoseconds. */
export interface Attributes {
  /** Permission bits with setuid, setgid and sticky; without the type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** Flags and extended attributes, packed (extended.ts). Absent or empty where there are none. */
  readonly extended?: ByteString;
}

/** Content up to this size travels in the stream; larger content is named by hashes and pulled. */
export const INLINE_BYTES_MAX = 256 * 1024;
/** Unit in which larger content is hashed, compared and pulled. */
export const RANGE_BYTES = 256 * 1024;
/** Ranges that one verify record names at most. */
export const RANGES_MAX = 64;
/** Entries of a folder that one verify record names at most. */
export const FOLDER_ENTRIES_MAX = 1024;
/** All patterns of the filters together; the settings hold it. */
export const FILTER_BYTES_MAX = 256 * 1024;
/** Bytes of a batch of registry changes in one record. */
export const REGISTRY_PIECE_BYTES = 256 * 1024;
/** Longest record, header included. A longer one is refused when written and when read. */
export const RECORD_BYTES_MAX = 1024 * 1024;

/** One modification, or one statement of what the passive must hold at this position. */
export type Change =
  | FiltersChange
  | ExactnessChange
  | RootChange
  | FolderStateChange
  | CreateChange
  | ContentChange
  | WriteChange
  | AttributesChange
  | RenameChange
  | LinkChange
  | UnlinkChange
  | CheckBegin
  | VerifyFolder
  | VerifyContent
  | CheckEnd
  | RegistryChange;

export type ChangeKind = Change['kind'];

/**
 * What is protected from here on, by the active server's settings. What is no item any more is
 * forgotten and stays where it is. The first record of an epoch, and of each change of the settings.
 */
export interface FiltersChange {
  readonly kind: 'filters';
  readonly include: readonly ByteString[];
  readonly exclude: readonly ByteString[];
}

/**
 * All that was told so far is exactly what was done, in its order; or what comes next is not. Where folders are
 * intercepted.
 */
export interface ExactnessChange {
  readonly kind: 'exactness';
  readonly isExact: boolean;
  /** The passive server's request for the stream (ResumeFrame) that is being answered, … */
  readonly resume: number;
  /** … and the pieces of content that it was given since, beside the stream. */
  readonly answers: number;
}

/** A protected folder has this node id from here on. Among the first records of an epoch. */
export interface RootChange {
  readonly kind: 'root';
  readonly node: NodeId;
  /** As in the settings: absolute, not yet under `base`. */
  readonly folder: ByteString;
}

/** How a protected folder stands on the active server at this position. Precedes the root record of another one. */
export interface FolderStateChange {
  readonly kind: 'folderState';
  /** As in the settings: absolute, not yet under `base`. */
  readonly folder: ByteString;
  /** False where nothing has its path; the rest is empty then. */
  readonly present: boolean;
  /** Tells its file system from others, over restarts; empty where that can't be told. */
  readonly fileSystem: string;
  /** Tells the folder itself from others; empty where that can't be told. */
  readonly identity: string;
  /** Names in it and below; null where they are not all known. */
  readonly items: number | null;
  /**
   * Are names that go gathered, and told once no more go? False: each is told in its order. Null says nothing of that,
   * as for a peer that would not understand it.
   */
  readonly isGathered: boolean | null;
}

/** A new node under a name. A file's content is whole, unless `sizeBytes` is above INLINE_BYTES_MAX: then verify records follow. */
export interface CreateChange {
  readonly kind: 'create';
  readonly node: NodeId;
  readonly parent: NodeId;
  readonly name: ByteString;
  readonly type: NodeType;
  readonly attributes: Attributes;
  readonly sizeBytes: number;
  /** The file's content, the symbolic link's target or a device's number (`8:1`); empty for anything else and for large content. */
  readonly content: Uint8Array;
}

/** The whole content of a small file, with its attributes afterwards. */
export interface ContentChange {
  readonly kind: 'content';
  readonly node: NodeId;
  readonly attributes: Attributes;
  readonly content: Uint8Array;
}

/** Bytes written into a large file, with its size and attributes afterwards. */
export interface WriteChange {
  readonly kind: 'write';
  readonly node: NodeId;
  readonly attributes: Attributes;
  readonly sizeBytes: number;
  readonly offset: number;
  readonly content: Uint8Array;
}

export interface AttributesChange {
  readonly kind: 'attributes';
  readonly node: NodeId;
  readonly attributes: Attributes;
}

/** What had the new name is gone, as with rename(2). */
export interface RenameChange {
  readonly kind: 'rename';
  readonly node: NodeId;
  readonly parent: NodeId;
  readonly name: ByteString;
  readonly newParent: NodeId;
  readonly newName: ByteString;
}

export interface LinkChange {
  readonly kind: 'link';
  readonly node: NodeId;
  readonly parent: NodeId;
  readonly name: ByteString;
}

/** The name is gone; of a folder: with everything in it. */
export interface UnlinkChange {
  readonly kind: 'unlink';
  readonly node: NodeId;
  readonly parent: NodeId;
  readonly name: ByteString;
}

export type CheckKind = 'full' | 'fast';

/** A check begins; what it states comes as verify records until the CheckEnd of the same number. */
export interface CheckBegin {
  readonly kind: 'checkBegin';
  readonly check: number;
  readonly mode: CheckKind;
  /** False for `--verify-only` and for the preview of a first pairing: differences are told, not repaired. */
  readonly repair: boolean;
  /** True when the whole protected set is verified. */
  readonly complete: boolean;
  readonly itemsTotal: number;
  readonly bytesTotal: number;
}

/** One name of a folder at this position. */
export interface FolderEntry {
  readonly name: ByteString;
  readonly node: NodeId;
  readonly type: NodeType;
  readonly attributes: Attributes;
  readonly sizeBytes: number;
  /** Hash of a small file's content; 0 for anything else (for large content VerifyContent follows) and in a fast check. */
  readonly hash: bigint;
  /** Where a symbolic link leads, or a device's number (`8:1`); empty for anything else. */
  readonly target: ByteString;
  /** More than one name leads to the node. */
  readonly linked: boolean;
}

/** A folder holds exactly these names, of those sorting after `after` and up to the last entry (or to the end, where `last`). */
export interface VerifyFolder {
  readonly kind: 'verifyFolder';
  readonly check: number;
  readonly node: NodeId;
  readonly attributes: Attributes;
  /** False where the folder only holds protected names but is not protected itself. */
  readonly attributesCount: boolean;
  readonly after: ByteString;
  readonly last: boolean;
  /** In byte order of their names. */
  readonly entries: readonly FolderEntry[];
}

/** Ranges of a large file hash to these, from `firstRange` on. */
export interface VerifyContent {
  readonly kind: 'verifyContent';
  readonly check: number;
  readonly node: NodeId;
  readonly attributes: Attributes;
  readonly sizeBytes: number;
  readonly firstRange: number;
  readonly hashes: readonly bigint[];
  /** The last record of this file in this pass. */
  readonly last: boolean;
}

export interface CheckEnd {
  readonly kind: 'checkEnd';
  readonly check: number;
  /** False where it was given up (a newer one began, or capture lost track), or left out what it could not read. */
  readonly finished: boolean;
}

/** A piece of what is said of registries (registry/batch-codec.ts), which is applied when its last piece is here. */
export interface RegistryChange {
  readonly kind: 'registry';
  /** From 0 on, without gaps between two that are the last. */
  readonly piece: number;
  readonly last: boolean;
  /** REGISTRY_PIECE_BYTES of each but the last one. */
  readonly content: Uint8Array;
}
