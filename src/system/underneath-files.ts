import { type ByteString, isWithin } from '../kernel/byte-string.ts';
import { NodeFiles } from './files.ts';

/** A folder that is mounted over, and a descriptor of what lies underneath. */
export interface Underneath {
  readonly realPath: ByteString;
  readonly root: number;
}

/** Files as they are without the mounts over these folders. Whoever serves the mounts must not wait for them. */
export class UnderneathFiles extends NodeFiles {
  readonly #mounts: readonly Underneath[];

  constructor(mounts: readonly Underneath[]) {
    super();
    this.#mounts = mounts;
  }

  override openFolder(path: ByteString): number {
    const over = this.#mounts.find(({ realPath }) => isWithin(path, realPath));
    if (over === undefined) return super.openFolder(path);
    // What the descriptor leads to, whatever is mounted there.
    let folder = super.openFolder(`/proc/self/fd/${String(over.root)}` as ByteString);
    for (const name of path.slice(over.realPath.length).split('/')) {
      if (name === '') continue;
      try {
        const below = this.openFolderAt(folder, name as ByteString);
        this.close(folder);
        folder = below;
      } catch (error) {
        this.close(folder);
        throw error;
      }
    }
    return folder;
  }
}
