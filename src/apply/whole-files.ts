import { type Attributes, INLINE_BYTES_MAX } from '../changes/change.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { fromLatin1 } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import type { Content } from './content.ts';
import { requireTime } from './dressing.ts';
import { FileBatch, type MadeFile, type NewFileOrder, ORDERS_MAX } from './file-batch.ts';
import type { Replica } from './replica.ts';

const SPECIAL_BITS = 0o7000;
const DEFAULT_LIST = fromLatin1('system.posix_acl_default');

/** A file whose whole content came. */
export interface Whole {
  readonly node: Node;
  readonly content: Uint8Array;
  readonly attributes: Attributes;
}

/** An order and whom it is for. */
interface Ordered extends NewFileOrder {
  readonly whole: Whole;
  readonly name: Name;
}

/** Files whose whole content came. Plain ones that are not there yet are made many at once: a first copy is little else. */
export class WholeFiles {
  readonly #replica: Replica;
  readonly #content: Content;
  readonly #batch: FileBatch;
  /** Of the folders met in this batch, by their descriptors. */
  readonly #givers = new Map<number, boolean>();

  constructor(parts: { replica: Replica; content: Content }) {
    this.#replica = parts.replica;
    this.#content = parts.content;
    this.#batch = new FileBatch(parts.replica.files);
  }

  /** @returns how many are as they came; the others are marked. */
  put(wholes: readonly Whole[]): number {
    let done = 0;
    this.#givers.clear();
    const rest: Whole[] = [];
    let orders: Ordered[] = [];
    const make = (): void => {
      done += this.#makeNew(orders, rest);
      orders = [];
    };
    for (const whole of wholes) {
      const ordered = this.#orderFor(whole);
      if (ordered === null) rest.push(whole);
      else if (orders.push(ordered) === ORDERS_MAX) make();
    }
    make();
    for (const { node, content, attributes } of rest)
      if (this.#replica.attempt(node, () => this.#content.put(node, content, attributes))) done++;
    return done;
  }

  /** @returns null for everything out of the ordinary, which is made by itself. */
  #orderFor(whole: Whole): Ordered | null {
    const { node, content, attributes } = whole;
    const name = this.#replica.firstName(node);
    if (name === null || node.inode !== 0 || node.otherNames !== null || content.length > INLINE_BYTES_MAX) return null;
    if ((attributes.mode & SPECIAL_BITS) !== 0 || (attributes.extended ?? '') !== '') return null;
    try {
      if (!this.#content.newFiles.areUnnamedAt(node)) return null;
      const folder = this.#replica.folders.open(name.parent);
      if (this.#givesLists(folder)) return null;
      return { ...attributes, whole, name, target: { folder, name: name.name }, content };
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return null;
    }
  }

  /** Would what is made in the folder get an access control list from it? */
  #givesLists(folder: number): boolean {
    let gives = this.#givers.get(folder);
    if (gives === undefined) {
      gives = this.#replica.files.getXattr(folder, DEFAULT_LIST) !== null;
      this.#givers.set(folder, gives);
    }
    return gives;
  }

  /** Before they can be seen: after a crash they must be known for ours. @returns false where that can't be written down. */
  #own(orders: readonly Ordered[], made: readonly MadeFile[]): boolean {
    try {
      this.#replica.ownAll(
        orders.flatMap(({ whole }, index) => {
          const { file, stat } = made[index] as MadeFile;
          return file === null ? [] : [{ node: whole.node, inode: stat.inode }];
        }),
      );
      return true;
    } catch (error) {
      // Each of them by itself will meet it again, and is told so.
      if (error instanceof FileError) return false;
      throw error;
    }
  }

  /** @param failed - gets those of which nothing is there. @returns how many were made. */
  #makeNew(orders: readonly Ordered[], failed: Whole[]): number {
    if (orders.length === 0) return 0;
    const made = this.#batch.make(orders);
    if (this.#own(orders, made)) this.#batch.name();
    else this.#batch.drop();
    let count = 0;
    for (const [index, { whole, name }] of orders.entries()) {
      const { isNamed, stat } = made[index] as MadeFile;
      if (!isNamed) {
        failed.push(whole);
        continue;
      }
      count++;
      this.#replica.touch(name.parent);
      this.#replica.record(whole.node, stat);
      this.#replica.unmark(whole.node);
      const refused = requireTime(stat, whole.attributes);
      if (refused !== null) this.#replica.failed(whole.node, refused);
    }
    return count;
  }
}
