import type { HandleTable } from '../../intercept/handle-table.ts';
import { closeDescriptor } from '../../system/mounts/fuse-mount.ts';
import type { KeptFile, KeptNode, MountKeeper } from './mount-options.ts';

/** Files of a mount that have no name and are open: they are gone when nobody has them open. */
export class KeptFiles {
  readonly #keeper: MountKeeper | null;
  readonly #table: HandleTable;
  readonly #files = new Map<string, KeptFile>();

  constructor(keeper: MountKeeper | null, table: HandleTable) {
    this.#keeper = keeper;
    this.#table = table;
  }

  /** Those that a process before had kept. */
  adopt(files: readonly KeptFile[]): void {
    for (const file of files) this.#files.set(nameOf(file), file);
    this.#table.kept = this.#files.size;
  }

  /** @param keptWord - becomes 1 once it is held, for the thread that waits. */
  async keep({ low, high, descriptor }: KeptFile, keptWord: SharedArrayBuffer | null): Promise<void> {
    const name = nameOf({ low, high });
    const before = this.#files.get(name);
    this.#files.set(name, { low, high, descriptor });
    this.#table.kept = this.#files.size;
    await this.#keeper?.holdFile({ low, high }, descriptor);
    if (before !== undefined) closeDescriptor(before.descriptor);
    if (keptWord !== null) {
      Atomics.store(new Int32Array(keptWord), 0, 1);
      Atomics.notify(new Int32Array(keptWord), 0);
    }
    // The kernel tells of a close behind the call that made it, beside what comes next: whoever was told of the last one
    // may not have seen that the file is kept.
    await this.letGo({ low, high });
  }

  /** Nobody may have it open any more. */
  async letGo({ low, high }: KeptNode): Promise<void> {
    const kept = this.#files.get(nameOf({ low, high }));
    if (kept === undefined || this.#table.isOpen(low, high)) return;
    this.#files.delete(nameOf(kept));
    this.#table.kept = this.#files.size;
    await this.#keeper?.releaseFile({ low, high });
    closeDescriptor(kept.descriptor);
  }

  /** Those that nobody has open. */
  async letGoClosed(): Promise<void> {
    for (const file of [...this.#files.values()]) await this.letGo(file);
  }

  /** The mount has ended; what was open underneath is closed with it. */
  async end(): Promise<void> {
    for (const { low, high } of this.#files.values()) await this.#keeper?.releaseFile({ low, high });
    this.#files.clear();
  }
}

function nameOf({ low, high }: KeptNode): string {
  return `${String(low)} ${String(high)}`;
}
