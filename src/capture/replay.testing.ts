import { xxh64 } from '@node-rs/xxhash';

import { assert, must } from '../kernel/assert.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import {
  type Attributes,
  type Change,
  type NodeId,
  type NodeType,
  RANGE_BYTES,
  type VerifyContent,
} from '../changes/change.ts';
import type { PullAnswer, PullRequest } from '../changes/data-frame.ts';

/** A node of the copy. */
export interface CopyNode {
  readonly id: NodeId;
  readonly type: NodeType;
  attributes: Attributes;
  content: Buffer;
  readonly children: Map<ByteString, CopyNode>;
  names: number;
}

/** A passive server in memory, for tests: applies changes strictly, and pulls large content. */
export class Copy {
  readonly nodes = new Map<NodeId, CopyNode>();
  readonly roots = new Map<ByteString, CopyNode>();
  readonly #pulls: PullRequest[] = [];
  /** How many changes of each kind were applied. */
  readonly counts: Partial<Record<Change['kind'], number>> = {};
  bytes = 0;

  resetCounts(): void {
    for (const kind of Object.keys(this.counts)) delete this.counts[kind as Change['kind']];
    this.bytes = 0;
  }

  apply(change: Change): void {
    this.counts[change.kind] = (this.counts[change.kind] ?? 0) + 1;
    if ('content' in change) this.bytes += change.content.length;
    switch (change.kind) {
      case 'root':
        this.roots.set(change.folder, this.#add(change.node, 'folder', NO_ATTRIBUTES));
        return;
      case 'create': {
        const node = this.#add(change.node, change.type, change.attributes);
        node.content = Buffer.from(change.content);
        if (change.type === 'file') node.content = resized(node.content, change.sizeBytes);
        this.#put(this.#node(change.parent), change.name, node);
        return;
      }
      case 'content': {
        const node = this.#node(change.node);
        node.content = Buffer.from(change.content);
        node.attributes = change.attributes;
        return;
      }
      case 'write': {
        const node = this.#node(change.node);
        node.content = resized(node.content, change.sizeBytes);
        node.content.set(change.content, change.offset);
        node.attributes = change.attributes;
        return;
      }
      case 'attributes':
        this.#node(change.node).attributes = change.attributes;
        return;
      case 'link':
        this.#put(this.#node(change.parent), change.name, this.#node(change.node));
        return;
      case 'unlink':
        assert(this.#take(change.parent, change.name).id === change.node, 'unlink names the node');
        return;
      case 'rename': {
        const node = must(this.#node(change.parent).children.get(change.name), `renamed ${change.name}`);
        assert(node.id === change.node, 'rename names the node');
        if (this.#node(change.newParent).children.has(change.newName)) this.#take(change.newParent, change.newName);
        this.#node(change.parent).children.delete(change.name);
        node.names -= 1;
        this.#put(this.#node(change.newParent), change.newName, node);
        return;
      }
      case 'verifyContent':
        this.#verify(change);
        return;
      default:
        assert(false, `capture does not make ${change.kind}`);
    }
  }

  /** Fetches what verify records showed to differ. */
  pull(from: (request: PullRequest, into: Uint8Array) => PullAnswer): void {
    const into = new Uint8Array(RANGE_BYTES);
    for (const request of this.#pulls.splice(0)) {
      const node = this.nodes.get(request.node);
      const answer = from(request, into);
      if (node === undefined || answer.failure !== null) continue;
      this.bytes += answer.content.length;
      node.content = resized(node.content, answer.sizeBytes);
      node.content.set(answer.content, answer.offset);
      node.attributes = answer.attributes;
    }
  }

  /** Everything by path: a line an item, for comparing. */
  lines(): string[] {
    const lines: string[] = [];
    const groups = new Map<CopyNode, string>();
    const walk = (path: ByteString, node: CopyNode): void => {
      const first = groups.get(node) ?? path;
      groups.set(node, first);
      lines.push(line(path, node, first));
      for (const name of [...node.children.keys()].sort()) {
        walk(joinPath(path, name), must(node.children.get(name), name));
      }
    };
    for (const [path, root] of this.roots) {
      for (const name of [...root.children.keys()].sort()) {
        walk(joinPath(path, name), must(root.children.get(name), name));
      }
    }
    return lines;
  }

  #verify(change: VerifyContent): void {
    const node = this.#node(change.node);
    node.content = resized(node.content, change.sizeBytes);
    node.attributes = change.attributes;
    change.hashes.forEach((hash, index) => {
      const offset = (change.firstRange + index) * RANGE_BYTES;
      const length = Math.min(RANGE_BYTES, change.sizeBytes - offset);
      const same = xxh64(node.content.subarray(offset, offset + length)) === hash;
      if (!same) this.#pulls.push({ node: change.node, offset, length });
    });
  }

  #add(id: NodeId, type: NodeType, attributes: Attributes): CopyNode {
    assert(!this.nodes.has(id), `node ${id} is new`);
    const node: CopyNode = { id, type, attributes, content: Buffer.alloc(0), children: new Map(), names: 0 };
    this.nodes.set(id, node);
    return node;
  }

  #put(parent: CopyNode, name: ByteString, node: CopyNode): void {
    assert(!parent.children.has(name), `the name ${name} is free`);
    parent.children.set(name, node);
    node.names += 1;
  }

  #take(parent: NodeId, name: ByteString): CopyNode {
    const folder = this.#node(parent);
    const node = must(folder.children.get(name), `taken ${name}`);
    folder.children.delete(name);
    node.names -= 1;
    if (node.names === 0) {
      this.nodes.delete(node.id);
      for (const child of node.children.keys()) this.#takeBelow(node, child);
    }
    return node;
  }

  #takeBelow(folder: CopyNode, name: ByteString): void {
    const node = must(folder.children.get(name), name);
    folder.children.delete(name);
    node.names -= 1;
    if (node.names > 0) return;
    this.nodes.delete(node.id);
    for (const child of node.children.keys()) this.#takeBelow(node, child);
  }

  #node(id: NodeId): CopyNode {
    return must(this.nodes.get(id), `node ${id}`);
  }
}

const NO_ATTRIBUTES: Attributes = { mode: 0, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };

export function line(
  path: string,
  node: { type: NodeType; attributes: Attributes; content: Buffer },
  first: string,
): string {
  const { mode, uid, gid, mtimeSeconds, mtimeNanoseconds } = node.attributes;
  const content = node.type === 'folder' ? '' : `${node.content.length} ${xxh64(node.content)}`;
  const owner = `${mode.toString(8)} ${uid}:${gid}`;
  return `${path} ${node.type} ${owner} ${mtimeSeconds}.${mtimeNanoseconds} ${content}${first === path ? '' : ` = ${first}`}`;
}

function resized(content: Buffer, sizeBytes: number): Buffer {
  if (content.length === sizeBytes) return content;
  const other = Buffer.alloc(sizeBytes);
  content.copy(other, 0, 0, Math.min(sizeBytes, content.length));
  return other;
}
