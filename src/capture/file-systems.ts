import { DEVICES_MAX } from '../changes/change.ts';

/** Small numbers for the file systems of the protected folders, in the order met. */
export class FileSystems {
  readonly #known = new Map<number, { readonly index: number; readonly mark: string }>();
  #given = 0;

  /**
   * @param mark - what tells it from another one that gets the same device number later: its inodes are others, too.
   * @returns null where no further file system can be told apart.
   */
  add(device: number, mark: string): number | null {
    const known = this.#known.get(device);
    if (known?.mark === mark) return known.index;
    if (this.#given >= DEVICES_MAX) return null;
    const index = this.#given;
    this.#given += 1;
    this.#known.set(device, { index, mark });
    return index;
  }

  /** Numbers given so far. */
  get size(): number {
    return this.#given;
  }

  /** @returns -1 for one that holds no protected folder. */
  indexOf(device: number): number {
    return this.#known.get(device)?.index ?? -1;
  }
}
