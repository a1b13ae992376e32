import { NOTICE, type Notice } from '../kernel/notices.ts';
import { deviceIndexOf, nodeIdOf } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { type Agenda, ITSELF } from './agenda.ts';
import { STATUS_BITS } from './due-looks.ts';
import type { FileSystems } from './file-systems.ts';
import type { Moves } from './moves.ts';
import type { Shadow } from './shadow.ts';

/** What each notice means: which move is to be followed, and which names are to be looked at. */
export class Dispatch {
  readonly #shadow: Shadow;
  readonly #agenda: Agenda;
  readonly #moves: Moves;
  readonly #fileSystems: FileSystems;

  constructor(options: { shadow: Shadow; agenda: Agenda; moves: Moves; fileSystems: FileSystems }) {
    this.#shadow = options.shadow;
    this.#agenda = options.agenda;
    this.#moves = options.moves;
    this.#fileSystems = options.fileSystems;
  }

  /** The agenda's time must be set. */
  take(notice: Readonly<Notice>): void {
    const folder = this.#shadow.byKey(notice.folder);
    const bits = notice.what & ~NOTICE.moved;
    if ((notice.what & NOTICE.moved) !== 0) this.#takeMove(notice, folder, bits);
    if (bits === 0) return;
    const target = this.#targetOf(notice, folder);
    if (folder !== undefined) {
      this.#takeIn(folder, notice, bits);
      // Done through a name of the file that the tree does not know, and that may be gone before it is looked at.
      const isOtherName = target?.type === 'file' && folder.children?.get(notice.name) !== target;
      if (isOtherName) this.#note(target, bits & STATUS_BITS);
    } else if (target !== undefined) {
      // Done through a name outside, or to a protected folder itself.
      this.#note(target, bits & ~NOTICE.created);
    }
  }

  #takeMove(notice: Readonly<Notice>, folder: Node | undefined, bits: number): void {
    const to = notice.toFolder === null ? undefined : this.#shadow.byKey(notice.toFolder);
    if (folder !== undefined || to !== undefined) this.#moves.apply(notice, folder, to);
    // The folders' own times moved, whatever of the names is protected.
    if (folder !== undefined) this.#agenda.entriesChanged(folder);
    if (to !== undefined) this.#agenda.entriesChanged(to);
    if (bits !== 0 && to !== undefined) this.#agenda.note(to, notice.toName, bits);
  }

  #takeIn(folder: Node, notice: Readonly<Notice>, bits: number): void {
    const { name } = notice;
    if (name === '' || name === '.') {
      this.#agenda.note(folder, ITSELF, bits & NOTICE.attributes);
      if ((bits & NOTICE.deleted) !== 0 && folder.parent !== null) this.#agenda.note(folder.parent, folder.name, bits);
      return;
    }
    if ((bits & (NOTICE.created | NOTICE.deleted)) !== 0) this.#agenda.entriesChanged(folder);
    this.#agenda.note(folder, name, bits);
  }

  /** What the notice is about, by its key or its inode number. A number that is used again leads to a look too many. */
  #targetOf(notice: Readonly<Notice>, folder: Node | undefined): Node | undefined {
    const { target, targetInode } = notice;
    const byKey = target === null ? undefined : this.#shadow.byKey(target);
    if (byKey !== undefined || targetInode === 0) return byKey;
    if (folder !== undefined) return this.#nodeOfInode(deviceIndexOf(folder.id), targetInode);
    for (let index = 0; index < this.#fileSystems.size; index += 1) {
      const node = this.#nodeOfInode(index, targetInode);
      if (node?.type === 'file') return node;
    }
    return undefined;
  }

  #nodeOfInode(deviceIndex: number, inode: number): Node | undefined {
    const id = nodeIdOf(deviceIndex, inode);
    return id === null ? undefined : this.#shadow.tree.get(id);
  }

  #note(node: Node, bits: number): void {
    if (bits === 0) return;
    if (node.parent !== null) this.#agenda.note(node.parent, node.name, bits);
    else this.#agenda.note(node, ITSELF, bits);
  }
}
