import type { ByteFiles } from '../../kernel/byte-files.ts';
import { MIB } from '../../kernel/units.ts';
import type { BatchPurpose } from '../../registry/batch-codec.ts';

/** More are not kept, nor that many bytes: the oldest go first. */
const KEPT_MAX = 1000;
const KEPT_BYTES_MAX = 256 * MIB;

interface Owed {
  readonly file: string;
  readonly bytes: number;
  /** What it tells of and no later statement does. */
  readonly stores: Set<string>;
}

/**
 * Batches that were carried out and that a registry still owes something of: they are kept, so that it is not lost with
 * this process. Those behind one that is kept are, too, or it would be carried out over them after a start.
 */
export class OwedBatches {
  readonly #files: ByteFiles;
  readonly #folder: string;
  #kept: readonly Owed[] = [];

  constructor(files: ByteFiles, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  has(file: string): boolean {
    return this.#kept.some((one) => one.file === file);
  }

  /**
   * It was carried out, as far as registries took it.
   * @param batch.stores - that it tells of.
   */
  add(
    file: string,
    batch: { readonly bytes: number; readonly purpose: BatchPurpose; readonly stores: readonly string[] },
  ): void {
    const { bytes, purpose, stores } = batch;
    if (purpose === 'whole') {
      for (const one of this.#kept) for (const store of stores) one.stores.delete(store);
      this.#keep(this.#kept.filter((one) => one.stores.size > 0));
    }
    this.#kept = [...this.#kept, { file, bytes, stores: new Set(purpose === 'verify' ? [] : stores) }];
  }

  /** Removes what nobody owes anything of. @param owes - has this registry not taken all that it was told? */
  settle(owes: (store: string) => boolean): void {
    const owing = new Set(this.#kept.flatMap(({ stores }) => [...stores]).filter((store) => owes(store)));
    const first = this.#kept.findIndex(({ stores }) => !stores.isDisjointFrom(owing));
    let from = this.#kept.length;
    for (let bytes = 0; first !== -1 && from > first && this.#kept.length - from < KEPT_MAX; from -= 1) {
      bytes += this.#kept[from - 1]?.bytes ?? 0;
      if (bytes > KEPT_BYTES_MAX) break;
    }
    this.#keep(this.#kept.slice(from));
  }

  #keep(kept: readonly Owed[]): void {
    for (const one of this.#kept) if (!kept.includes(one)) this.#files.remove(`${this.#folder}/${one.file}`);
    this.#kept = kept;
  }
}
