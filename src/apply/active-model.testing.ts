import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attributes, Change, NodeId, NodeType } from '../changes/change.ts';
import { must } from '../kernel/assert.ts';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import type { Random } from '../kernel/random.ts';
import { NodeFiles } from '../system/files/files.ts';
import { attributes, ROOT, SCRATCH } from './trial.testing.ts';

interface ModelNode {
  readonly id: NodeId;
  readonly type: NodeType;
  content: Buffer;
  attributes: Attributes;
  /** `folder id/name`. */
  readonly names: Set<string>;
}

const NAMES = ['a', 'b', 'c', 'd', 'e'];

/** An active server in memory that does random things and says what it did, in the words of the stream. */
export class ActiveModel {
  readonly nodes = new Map<NodeId, ModelNode>();
  readonly #byName = new Map<string, NodeId>();
  readonly #random: Random;
  #nextId = 10;
  #time = 1000;

  constructor(random: Random) {
    this.#random = random;
    this.nodes.set(ROOT, {
      id: ROOT,
      type: 'folder',
      content: Buffer.alloc(0),
      attributes: attributes(50, 0o755),
      names: new Set(),
    });
  }

  /** One thing that an application could do. */
  step(): Change[] {
    const choice = this.#random();
    if (choice < 0.34) return this.#create();
    if (choice < 0.5) return this.#write();
    if (choice < 0.58) return this.#attributes();
    if (choice < 0.8) return this.#rename();
    if (choice < 0.88) return this.#link();
    return this.#unlink();
  }

  /** What a watching capture would say of the folders in the end. */
  folderTimes(): Change[] {
    const folders = [...this.nodes.values()].filter((node) => node.type === 'folder');
    return folders.map((node) => ({ kind: 'attributes', node: node.id, attributes: node.attributes }));
  }

  /** The same tree made by plain means, to compare with. */
  make(): string {
    const base = mkdtempSync(join(SCRATCH, 'apply-model-'));
    const files = new NodeFiles();
    const paths = new Map<NodeId, string>([[ROOT, join(base, 'root')]]);
    mkdirSync(join(base, 'root'));
    const waiting = [ROOT];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      for (const name of NAMES) {
        const child = this.#byName.get(`${String(id)}/${name}`);
        if (child === undefined) continue;
        const path = join(must(paths.get(id), 'it is there'), name);
        this.#makeOne(must(this.nodes.get(child), 'it is there'), path, paths);
        if (must(this.nodes.get(child), 'it is there').type === 'folder') waiting.push(child);
      }
    }
    for (const [id, path] of [...paths].reverse()) {
      const { attributes: given, type } = must(this.nodes.get(id), 'it is there');
      const folder = files.openFolder(fromText(join(path, '..')));
      const name = fromText(path.slice(path.lastIndexOf('/') + 1));
      if (type !== 'symlink') chmodSync(path, given.mode);
      files.setMtimeAt(folder, name, { seconds: given.mtimeSeconds, nanoseconds: given.mtimeNanoseconds });
      files.close(folder);
    }
    return base;
  }

  #makeOne(node: ModelNode, path: string, paths: Map<NodeId, string>): void {
    const first = paths.get(node.id);
    if (first !== undefined) return linkSync(first, path);
    paths.set(node.id, path);
    if (node.type === 'folder') mkdirSync(path);
    else if (node.type === 'symlink') symlinkSync(node.content.toString(), path);
    else writeFileSync(path, node.content);
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)];
  }

  #some(type: NodeType): ModelNode | undefined {
    return this.#pick(
      [...this.nodes.values()].filter((node) => node.type === type && (node.names.size > 0 || node.id === ROOT)),
    );
  }

  #bytes(): Buffer {
    const large = this.#random() < 0.08;
    const content = Buffer.alloc(
      large ? 300_000 + Math.floor(this.#random() * 300_000) : Math.floor(this.#random() * 40),
    );
    for (let at = 0; at < content.length; at += large ? 7919 : 1) content[at] = Math.floor(this.#random() * 256);
    return content;
  }

  #place(): { folder: ModelNode; name: string; key: string } {
    const folder = must(this.#some('folder'), 'it is there');
    const name = must(this.#pick(NAMES), 'it is there');
    return { folder, name, key: `${String(folder.id)}/${name}` };
  }

  #freshAttributes(mode?: number): Attributes {
    return attributes(++this.#time, mode ?? must(this.#pick([0o644, 0o600, 0o4755, 0o777]), 'it is there'));
  }

  #create(): Change[] {
    const { folder, name, key } = this.#place();
    if (this.#byName.has(key)) return [];
    const type = must(this.#pick(['file', 'file', 'file', 'folder', 'symlink'] as const), 'it is there');
    const content =
      type === 'file' ? this.#bytes() : Buffer.from(type === 'symlink' ? `target-${String(this.#time)}` : '');
    const node: ModelNode = {
      id: this.#nextId++,
      type,
      content,
      attributes: this.#freshAttributes(type === 'folder' ? 0o755 : type === 'symlink' ? 0o777 : undefined),
      names: new Set([key]),
    };
    this.nodes.set(node.id, node);
    this.#byName.set(key, node.id);
    const inline = content.length > 262_144 ? Buffer.alloc(0) : content;
    return [
      {
        kind: 'create',
        node: node.id,
        parent: folder.id,
        name: fromText(name),
        type,
        attributes: node.attributes,
        sizeBytes: content.length,
        content: inline,
      },
    ];
  }

  #write(): Change[] {
    const node = this.#some('file');
    if (node === undefined) return [];
    node.attributes = this.#freshAttributes();
    if (node.content.length <= 262_144) {
      node.content = Buffer.from(`new-${String(this.#time)}`);
      return [{ kind: 'content', node: node.id, attributes: node.attributes, content: node.content }];
    }
    const offset = Math.floor(this.#random() * node.content.length);
    const piece = Buffer.from(`piece-${String(this.#time)}`);
    const content = Buffer.alloc(Math.max(node.content.length, offset + piece.length));
    node.content.copy(content);
    piece.copy(content, offset);
    node.content = content;
    return [
      { kind: 'write', node: node.id, attributes: node.attributes, sizeBytes: content.length, offset, content: piece },
    ];
  }

  #attributes(): Change[] {
    const node = this.#pick([...this.nodes.values()].filter((n) => n.type !== 'symlink'));
    if (node === undefined) return [];
    node.attributes = this.#freshAttributes(
      node.type === 'folder' ? must(this.#pick([0o755, 0o700, 0o1777]), 'it is there') : undefined,
    );
    return [{ kind: 'attributes', node: node.id, attributes: node.attributes }];
  }

  #rename(): Change[] {
    const from = this.#pick([...this.#byName.keys()]);
    const to = this.#place();
    if (from === undefined || from === to.key) return [];
    const node = must(this.nodes.get(must(this.#byName.get(from), 'it is there')), 'it is there');
    const there = this.#byName.get(to.key);
    const replaced = there === undefined ? undefined : this.nodes.get(there);
    if (replaced === node || this.#isBelow(to.folder, node)) return [];
    if (replaced !== undefined && (replaced.type === 'folder') !== (node.type === 'folder')) return [];
    if (replaced?.type === 'folder' && this.#below(replaced).length > 0) return [];
    if (replaced !== undefined) this.#dropName(to.key);
    const [parent, name] = split(from);
    this.#byName.delete(from);
    node.names.delete(from);
    this.#byName.set(to.key, node.id);
    node.names.add(to.key);
    return [{ kind: 'rename', node: node.id, parent, name, newParent: to.folder.id, newName: fromText(to.name) }];
  }

  #link(): Change[] {
    const node = this.#some('file');
    const { folder, name, key } = this.#place();
    if (node === undefined || this.#byName.has(key)) return [];
    this.#byName.set(key, node.id);
    node.names.add(key);
    return [{ kind: 'link', node: node.id, parent: folder.id, name: fromText(name) }];
  }

  #unlink(): Change[] {
    const key = this.#pick([...this.#byName.keys()]);
    if (key === undefined) return [];
    const node = must(this.nodes.get(must(this.#byName.get(key), 'it is there')), 'it is there');
    const [parent, name] = split(key);
    if (node.type === 'folder') this.#dropFolder(node);
    this.#dropName(key);
    return [{ kind: 'unlink', node: node.id, parent, name }];
  }

  #dropFolder(folder: ModelNode): void {
    for (const key of this.#below(folder)) {
      const child = must(this.nodes.get(must(this.#byName.get(key), 'it is there')), 'it is there');
      if (child.type === 'folder') this.#dropFolder(child);
      this.#dropName(key);
    }
  }

  #dropName(key: string): void {
    const node = must(this.nodes.get(must(this.#byName.get(key), 'it is there')), 'it is there');
    this.#byName.delete(key);
    node.names.delete(key);
    if (node.names.size === 0) this.nodes.delete(node.id);
  }

  #below(folder: ModelNode): string[] {
    return [...this.#byName.keys()].filter((key) => key.startsWith(`${String(folder.id)}/`));
  }

  #isBelow(folder: ModelNode, top: ModelNode): boolean {
    for (let at: ModelNode | undefined = folder; at !== undefined && at.id !== ROOT; ) {
      if (at === top) return true;
      const [key]: string[] = [...at.names];
      at = key === undefined ? undefined : this.nodes.get(split(key)[0]);
    }
    return false;
  }
}

function split(key: string): [NodeId, ByteString] {
  const [parent, name] = key.split('/');
  return [Number(parent), fromText(must(name, 'a name'))];
}

export function cleanUp(base: string): void {
  rmSync(base, { recursive: true, force: true });
}
