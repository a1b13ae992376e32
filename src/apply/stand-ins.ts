import type { Name, Node } from '../changes/node-tree.ts';
import { Stat } from '../kernel/files.ts';
import type { Presence } from './presence.ts';
import type { Pull } from './pull.ts';
import type { Removal } from './removal.ts';
import type { Replica } from './replica.ts';

/** Files that a rename replaced by one whose content has not come: they are shown until it is whole. */
export class StandIns {
  readonly #replica: Replica;
  readonly #presence: Presence;
  readonly #removal: Removal;
  readonly #stat = new Stat();

  constructor(parts: { replica: Replica; presence: Presence; removal: Removal }) {
    this.#replica = parts.replica;
    this.#presence = parts.presence;
    this.#removal = parts.removal;
  }

  /** What the new name had stands in, if it is a file that is there; else it is removed. */
  put(pull: Pull, to: Name, replaced: Node): void {
    this.#replica.attempt(pull.node, () => {
      const at = { folder: this.#replica.folders.open(to.parent), name: to.name };
      const isThere = replaced.type === 'file' && this.#presence.holds(replaced, at, this.#stat);
      if (isThere) pull.standIn = { name: to, inode: replaced.inode };
      else this.#removal.remove(replaced, to);
    });
  }

  /** Does something stand in under this name? */
  isAt({ standIn }: Pull, name: Name | null): boolean {
    return standIn !== null && standIn.name.parent === name?.parent && standIn.name.name === name.name;
  }

  remove(pull: Pull): void {
    const { standIn } = pull;
    if (standIn === null) return;
    pull.standIn = null;
    const { files, folders, tree, inUse } = this.#replica;
    const { parent, name } = standIn.name;
    // With its folder it is gone, too.
    if (tree.get(parent.id) !== parent) return;
    this.#replica.attemptRemoval(parent, () => {
      const folder = folders.open(parent);
      if (!files.statAt(folder, name, this.#stat) || this.#stat.inode !== standIn.inode) return;
      inUse.expectFree({ parent, name });
      files.unlinkAt(folder, name);
      this.#replica.touch(parent);
    });
  }
}
