import type { Attributes, FolderEntry } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import type { FileError } from '../kernel/files.ts';
import type { Orphans } from './orphans.ts';
import type { Replica } from './replica.ts';

/** What a check says of folders themselves. */
export class CheckedFolders {
  readonly #replica: Replica;
  readonly #orphans: Orphans;

  constructor(replica: Replica, orphans: Orphans) {
    this.#replica = replica;
    this.#orphans = orphans;
  }

  /** The next record says that the folder has these names. */
  stated(folder: Node, entries: readonly FolderEntry[]): void {
    this.#orphans.stated(folder, entries);
  }

  /** Its own attributes are as stated; `isWhole`: all its names were compared, too, and no doubt is left. */
  equal(folder: Node, attributes: Attributes, isWhole: boolean): void {
    this.#replica.remember(folder, attributes);
    if (isWhole) this.#replica.unmark(folder);
  }

  /** It could not be looked into. */
  refused(folder: Node, error: FileError): void {
    this.#replica.failed(folder, error);
  }

  /** How often it came into doubt so far, or something of it was refused. */
  doubtsOf(folder: Node): number {
    return this.#replica.doubtsOf(folder);
  }
}
