import { fold, parentOf } from './key-path.ts';

/** A value of a key. The default value has the empty name. */
export interface RegistryValue {
  /** As it was written. */
  readonly name: string;
  /** One of `REG`, or any other 32-bit number. */
  readonly type: number;
  readonly data: Uint8Array;
}

export interface RegistryKey {
  /** As it was written, the hive by its full name. */
  readonly path: string;
  /** By folded names. */
  readonly values: Map<string, RegistryValue>;
}

/** Keys with their values, found without regard to case. A key may be in it whose parent is not. */
export class RegistryTree {
  readonly #keys = new Map<string, RegistryKey>();
  /** Folded paths of what lies directly below, also of paths that are no keys here but lead to some. */
  readonly #below = new Map<string, Set<string>>();

  get size(): number {
    return this.#keys.size;
  }

  get(path: string): RegistryKey | undefined {
    return this.#keys.get(fold(path));
  }

  /** In no order. */
  keys(): IterableIterator<RegistryKey> {
    return this.#keys.values();
  }

  /** Each key behind the one above it, otherwise by folded names. */
  sorted(): RegistryKey[] {
    // A backslash sorts before everything else, so that what lies below a key follows it at once.
    const order = [...this.#keys].map(([folded, key]) => ({ order: folded.replaceAll('\\', '\0'), key }));
    order.sort((a, b) => (a.order < b.order ? -1 : 1));
    return order.map(({ key }) => key);
  }

  /** The key; made without values where it is not there. */
  ensure(path: string): RegistryKey {
    const folded = fold(path);
    const known = this.#keys.get(folded);
    if (known !== undefined) return known;
    const key = { path, values: new Map<string, RegistryValue>() };
    this.#keys.set(folded, key);
    let child = folded;
    for (let parent = parentOf(child); parent !== null; parent = parentOf(child)) {
      const siblings = this.#below.get(parent);
      if (siblings?.has(child) === true) break;
      if (siblings === undefined) this.#below.set(parent, new Set([child]));
      else siblings.add(child);
      child = parent;
    }
    return key;
  }

  /** The key is there, and all above it. */
  ensureAll(path: string): RegistryKey {
    for (let above = parentOf(path); above !== null && this.get(above) === undefined; above = parentOf(above)) {
      this.ensure(above);
    }
    return this.ensure(path);
  }

  /** Does any key lie below? */
  hasBelow(path: string): boolean {
    return (this.#below.get(fold(path))?.size ?? 0) > 0;
  }

  /** The keys below, however deep. */
  below(path: string): RegistryKey[] {
    const found: RegistryKey[] = [];
    const open = [...(this.#below.get(fold(path)) ?? [])];
    for (const folded of open) {
      for (const below of this.#below.get(folded) ?? []) open.push(below);
      const key = this.#keys.get(folded);
      if (key !== undefined) found.push(key);
    }
    return found;
  }

  /** The key goes, with all below it. */
  delete(path: string): void {
    const gone = [fold(path)];
    for (const folded of gone) for (const below of this.#below.get(folded) ?? []) gone.push(below);
    for (const folded of gone) {
      this.#keys.delete(folded);
      this.#below.delete(folded);
    }
    let child = fold(path);
    for (let parent = parentOf(child); parent !== null; parent = parentOf(child)) {
      const siblings = this.#below.get(parent);
      siblings?.delete(child);
      if (siblings === undefined || siblings.size > 0) return;
      this.#below.delete(parent);
      if (this.#keys.has(parent)) return;
      child = parent;
    }
  }
}

export function setValue(key: RegistryKey, value: RegistryValue): void {
  const folded = fold(value.name);
  // A map keeps the place of what it replaces; the name is as it was written last.
  key.values.set(folded, value);
}

/** Equal in type and data; the case of names does not count. */
export function isSameValue(a: RegistryValue, b: RegistryValue): boolean {
  return a.type === b.type && isSameData(a.data, b.data);
}

function isSameData(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
