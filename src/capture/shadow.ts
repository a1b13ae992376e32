import { assert } from '../kernel/assert.ts';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import type { Stat } from '../kernel/files.ts';
import type { FolderKey, NoticeSource } from '../kernel/notices.ts';
import type { Change, FolderStateChange, NodeId, NodeType } from '../changes/change.ts';
import type { Name, Node, NodeTree } from '../changes/node-tree.ts';
import type { Patterns } from '../changes/changing-set.ts';
import { attributesOf } from '../changes/node-facts.ts';
import { remember } from './node-status.ts';

/** Takes the changes in order. */
export interface ChangeSink {
  /** The change's content is lent: encode or copy it before returning. Must not call capture. */
  emit(change: Change): void;
  /** What is told next, or given to the passive server, is what lies on the disk, whatever was told before. */
  readDisk?(): void;
  /** Where folders are intercepted. */
  readonly still?: StillTurns;
}

/** Turns in which nothing is changed in intercepted folders, and all operations are taken: the disk is what was told. */
export interface StillTurns {
  /** Milliseconds until there may be one; 0: now. */
  waitMs(): number;
  /** @param work - ends soon after `isOver` says so. */
  run(work: (isOver: () => boolean) => void): void;
}

/** What else must happen when the tree changes. */
export interface ShadowListener {
  /** Names in the folder changed, and with them its own mtime. */
  entriesChanged(folder: Node): void;
  /** A node with all below it has another name now. */
  moved(from: Name, to: Name): void;
  /** A node, or one more name of it, is in the tree and was not told: a check has to state it. */
  untold(node: Node): void;
  /** The node is about to leave the tree. */
  leaving(node: Node): void;
}

export const NOTHING = new Uint8Array(0);

/**
 * The tree of what was captured. Every method changes the tree and tells the change, so that replaying
 * what was told gives the tree.
 */
export class Shadow {
  readonly tree: NodeTree;
  readonly #sink: ChangeSink;
  readonly #notices: NoticeSource;
  readonly #listener: ShadowListener;
  readonly #keys = new Map<FolderKey, Node>();
  /** Changes are told only from `beginStream` on. */
  streaming = false;
  /** While true, new nodes are taken into the tree without telling: a check will state them. */
  silent = false;

  constructor(options: { tree: NodeTree; sink: ChangeSink; notices: NoticeSource; listener: ShadowListener }) {
    this.tree = options.tree;
    this.#sink = options.sink;
    this.#notices = options.notices;
    this.#listener = options.listener;
  }

  /** Are new nodes told, and so is their content needed? */
  get tellsNew(): boolean {
    return this.streaming && !this.silent;
  }

  /** The folder, or the file with several names, that the source of notices means by a key. */
  byKey(key: FolderKey): Node | undefined {
    const node = this.#keys.get(key);
    if (node === undefined || this.holds(node)) return node;
    this.#keys.delete(key);
    return undefined;
  }

  setKey(node: Node, key: FolderKey): void {
    if (node.key !== null && node.key !== key && this.#keys.get(node.key) === node) this.#keys.delete(node.key);
    node.key = key;
    this.#keys.set(key, node);
  }

  /** Is the node still (or again) part of the tree? */
  holds(node: Node): boolean {
    return this.tree.get(node.id) === node;
  }

  tellRoot(node: Node): void {
    if (this.streaming) this.#sink.emit({ kind: 'root', node: node.id, folder: node.name });
  }

  /** What is protected, as far as this server protects it. */
  tellFilters({ include, exclude }: Patterns): void {
    if (this.streaming) this.#sink.emit({ kind: 'filters', include, exclude });
  }

  tellFolder(state: FolderStateChange): void {
    if (this.streaming) this.#sink.emit(state);
  }

  addRoot(folder: ByteString, id: NodeId, stat: Readonly<Stat>): Node {
    const same = this.tree.get(id);
    if (same !== undefined) this.#leave(same);
    const before = this.tree.root(folder);
    if (before !== undefined) this.#leave(before);
    const node = this.tree.addRoot(folder, id);
    remember(node, stat);
    this.tellRoot(node);
    return node;
  }

  /** @param content - whole content of a small file, target of a symbolic link; lent. */
  create(at: Name, made: { id: NodeId; type: NodeType; stat: Readonly<Stat>; content: Uint8Array }): Node {
    const node = this.tree.add(at.parent, at.name, made.id, made.type);
    remember(node, made.stat);
    if (this.tellsNew) {
      this.#sink.emit({
        kind: 'create',
        node: made.id,
        parent: at.parent.id,
        name: at.name,
        type: made.type,
        attributes: attributesOf(made.stat),
        sizeBytes: made.type === 'file' ? made.stat.sizeBytes : made.content.length,
        content: made.content,
      });
    }
    if (this.streaming && this.silent) this.#listener.untold(node);
    else this.#listener.entriesChanged(at.parent);
    return node;
  }

  /** As `create`, over the name of another file or link, which is never missing meanwhile. */
  createOver(at: Name, made: { id: NodeId; type: NodeType; stat: Readonly<Stat>; content: Uint8Array }): Node {
    const aside = { parent: at.parent, name: asideName(made.id) };
    const node = this.create(aside, made);
    this.rename(node, aside, at);
    return node;
  }

  link(node: Node, at: Name): void {
    this.tree.link(node, at.parent, at.name);
    if (this.streaming && this.silent) return this.#listener.untold(node);
    if (this.tellsNew) this.#sink.emit({ kind: 'link', node: node.id, parent: at.parent.id, name: at.name });
    this.#listener.entriesChanged(at.parent);
  }

  linkOver(node: Node, at: Name): void {
    const aside = { parent: at.parent, name: asideName(node.id) };
    this.link(node, aside);
    this.rename(node, aside, at);
  }

  unlink(at: Name): void {
    const node = this.tree.child(at.parent, at.name);
    assert(node !== undefined, `${at.name} is in the tree`);
    if (node.otherNames === null) this.#leave(node);
    this.tree.unlink(at.parent, at.name);
    if (this.streaming) this.#sink.emit({ kind: 'unlink', node: node.id, parent: at.parent.id, name: at.name });
    this.#listener.entriesChanged(at.parent);
  }

  /** The name is no item any more. Nothing is told of it: who knows the set forgets it, too. */
  forget(at: Name): void {
    const node = this.tree.child(at.parent, at.name);
    assert(node !== undefined, `${at.name} is in the tree`);
    if (node.otherNames === null) this.#leave(node);
    this.tree.unlink(at.parent, at.name);
  }

  /** As {@link forget}, of a protected folder. */
  forgetRoot(root: Node): void {
    this.#leave(root);
    this.tree.dropSubtree(root);
  }

  rename(node: Node, from: Name, to: Name): void {
    const replaced = this.tree.child(to.parent, to.name);
    if (replaced === node) return;
    if (replaced !== undefined && replaced.otherNames === null) this.#leave(replaced);
    this.tree.rename(node, from, to);
    this.#listener.moved(from, to);
    if (this.streaming) {
      this.#sink.emit({
        kind: 'rename',
        node: node.id,
        parent: from.parent.id,
        name: from.name,
        newParent: to.parent.id,
        newName: to.name,
      });
    }
    this.#listener.entriesChanged(from.parent);
    if (to.parent !== from.parent) this.#listener.entriesChanged(to.parent);
  }

  attributes(node: Node, stat: Readonly<Stat>): void {
    remember(node, stat);
    if (this.streaming) this.#sink.emit({ kind: 'attributes', node: node.id, attributes: attributesOf(stat) });
  }

  /** @param content - the whole content; lent. */
  content(node: Node, stat: Readonly<Stat>, content: Uint8Array): void {
    remember(node, stat);
    if (this.streaming) this.#sink.emit({ kind: 'content', node: node.id, attributes: attributesOf(stat), content });
  }

  /** Bytes of a large file; lent. */
  write(node: Node, stat: Readonly<Stat>, written: { offset: number; content: Uint8Array }): void {
    if (!this.streaming) return;
    this.#sink.emit({
      kind: 'write',
      node: node.id,
      attributes: attributesOf(stat),
      sizeBytes: stat.sizeBytes,
      offset: written.offset,
      content: written.content,
    });
  }

  verify(
    node: Node,
    stat: Readonly<Stat>,
    ranges: { firstRange: number; hashes: readonly bigint[]; last: boolean },
  ): void {
    if (!this.streaming) return;
    this.#sink.emit({
      kind: 'verifyContent',
      check: 0,
      node: node.id,
      attributes: attributesOf(stat),
      sizeBytes: stat.sizeBytes,
      ...ranges,
    });
  }

  /** Lets go of what is kept for a node and all below it. */
  #leave(node: Node): void {
    const waiting = [node];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      this.#listener.leaving(next);
      if (next.key !== null) {
        if (this.#keys.get(next.key) === next) this.#keys.delete(next.key);
        if (next.type === 'folder') this.#notices.forgetFolder(next.key);
        next.key = null;
      }
      for (const child of next.children?.values() ?? []) if (child.otherNames === null) waiting.push(child);
    }
  }
}

/** A name that exists in the stream only, between two records. */
function asideName(id: NodeId): ByteString {
  return fromText(`.understudy-${id}`);
}
