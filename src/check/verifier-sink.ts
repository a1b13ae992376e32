import type { Attributes, FolderEntry } from '../changes/change.ts';
import type { Difference, EqualityProof } from '../changes/difference.ts';
import type { Node } from '../changes/node-tree.ts';
import type { FileError, Stat } from '../kernel/files.ts';

/** Receives what the comparison finds. May change files and tree at once, also of what is being compared. */
export interface VerifierSink {
  /** What the next record states of a folder that is known here. */
  stated(folder: Node, entries: readonly FolderEntry[]): void;
  /**
   * The name is as stated. The node may have another id here: then it takes the entry's. For a folder
   * it says only that there is one. `stat` is used again: copy what is kept.
   */
  equal(parent: Node, entry: FolderEntry, stat: Readonly<Stat>, proof: EqualityProof): void;
  /**
   * A folder's own attributes are as stated. Its names are told apart; `isWhole`: all of them were, in
   * the records before this one.
   */
  equalFolder(folder: Node, attributes: Attributes, isWhole: boolean): void;
  /** How often the folder or file came into doubt so far: what was compared before the last time may differ by now. */
  doubts(node: Node): number;
  differs(difference: Difference): void;
  /** The folder could not be looked into, though it is there: nothing is known of what should not be in it. */
  refused(folder: Node, error: FileError): void;
  /** Once a record: how many more items and bytes were compared. */
  progress(items: number, bytes: number): void;
}
