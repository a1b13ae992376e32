import type { ByteString } from '../kernel/byte-string.ts';
import type { Attributes, FolderEntry, NodeId, NodeType } from './change.ts';

export type AttributeName = 'mode' | 'owner' | 'mtime' | 'extended attributes' | 'flags' | 'holes';

/** One way in which the passive's copy was found to differ from what a verify record states. */
export type Difference =
  /** Nothing has the name. */
  | { readonly kind: 'missing'; readonly parent: NodeId; readonly entry: FolderEntry }
  /** Something of another type has the name (`other`: what is not carried). */
  | {
      readonly kind: 'type';
      readonly parent: NodeId;
      readonly entry: FolderEntry;
      readonly found: NodeType | 'other';
    }
  /** The content of a small file, the target of a symbolic link, or what a device stands for. */
  | { readonly kind: 'content'; readonly parent: NodeId; readonly entry: FolderEntry }
  /** Only attributes, as far as the proof goes; of a folder met through its own record, `entry` is null. */
  | {
      readonly kind: 'attributes';
      readonly node: NodeId;
      readonly parent: NodeId | null;
      readonly entry: FolderEntry | null;
      readonly attributes: Attributes;
      readonly what: readonly AttributeName[];
      /** Each that differs, for people, with both values where they are short. */
      readonly values?: readonly string[];
      readonly proof: EqualityProof;
    }
  /** Ranges of a large file, and its size. */
  | {
      readonly kind: 'ranges';
      readonly node: NodeId;
      readonly attributes: Attributes;
      readonly sizeBytes: number;
      readonly ranges: readonly { readonly offset: number; readonly length: number }[];
      /** All of the file was compared by now, and nothing came into doubt since that began: what else is in it is equal. */
      readonly isWhole?: boolean;
    }
  /** A fast check found size or times differing: only a full look at this item can tell. */
  | { readonly kind: 'suspect'; readonly parent: NodeId; readonly entry: FolderEntry }
  /** The name is protected but is not in the record. */
  | {
      readonly kind: 'orphan';
      readonly parent: NodeId;
      readonly name: ByteString;
      readonly type: NodeType | 'other';
    };

/**
 * What stands behind the word that an item is equal. `whole`: all of it was compared. `status`: a fast
 * check saw size and times only; where anything is known to be amiss, that does not mend it.
 * `contentFollows`: there is a file; its VerifyContent records judge content and attributes, and then
 * it is said again.
 */
export type EqualityProof = 'whole' | 'status' | 'contentFollows';

/** Null for what the active server has no node for. */
export function nodeOf(difference: Difference): NodeId | null {
  if ('node' in difference) return difference.node;
  return 'entry' in difference ? difference.entry.node : null;
}
