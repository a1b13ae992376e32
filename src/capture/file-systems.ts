import { DEVICES_MAX } from '../changes/change.ts';

/** Small numbers for the file systems of the protected folders, in the order met. */
export class FileSystems {
  readonly #indexes = new Map<number, number>();

  /** @returns null where no further file system can be told apart. */
  add(device: number): number | null {
    const known = this.#indexes.get(device);
    if (known !== undefined) return known;
    if (this.#indexes.size >= DEVICES_MAX) return null;
    this.#indexes.set(device, this.#indexes.size);
    return this.#indexes.size - 1;
  }

  get size(): number {
    return this.#indexes.size;
  }

  /** @returns -1 for one that holds no protected folder. */
  indexOf(device: number): number {
    return this.#indexes.get(device) ?? -1;
  }
}
