import { type ByteString, isWithin } from '../../kernel/byte-string.ts';
import { openBelow } from '../../kernel/open-below.ts';
import { NodeFiles } from '../files/files.ts';

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
    const root = super.openFolder(`/proc/self/fd/${String(over.root)}` as ByteString);
    const names = path.slice(over.realPath.length).split('/') as ByteString[];
    return openBelow(
      this,
      root,
      names.filter((name) => name !== ''),
    );
  }
}
