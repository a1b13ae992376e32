import { Problem } from '../problems/problem.ts';
import {
  attachMount,
  closeDescriptor,
  closeUnderneath,
  type FuseMount,
  hasPlainHandles,
  holdConnection,
  makeMount,
  openConnection,
  openMountList,
  openPlace,
  openUnderneath,
} from '../system/fuse-mount.ts';
import { openOwnWake } from '../system/wake.ts';

/** What a mount holds open as a whole. Its threads share it, and add what they open underneath. */
export class MountDescriptors {
  readonly #folder: string;
  readonly #open: DisposableStack;
  /** Of the folder, and of the mount that is not attached to it yet. */
  readonly #unattached: DisposableStack;
  /** What stays open for its owner, when the mount has ended. */
  readonly #rest: DisposableStack;
  readonly #place: number;
  readonly #mount: number;
  /** Ends the sleep of the threads. */
  readonly wake: number;
  readonly mountList: number;
  /** To the kernel. */
  readonly connection: number;
  /** The same, for notices to the kernel by whoever changes something underneath; open as long as {@link root}. */
  readonly notices: number;
  /** The folder as it is without the mount, for the threads alone. */
  readonly underneath: number;
  /** The same for everybody else. */
  readonly root: number;

  /**
   * Makes a mount that is attached nowhere yet.
   * @param openRoot - how its owner has what is underneath: past every mount, or on the mount that it lies on.
   * @throws FileError
   * @throws Problem CAP-030 where the file system is not of the kind that can be served.
   */
  static open(folder: string, openRoot: typeof openUnderneath = openUnderneath): MountDescriptors {
    using opened = new DisposableStack();
    return new MountDescriptors(folder, opened, openRoot);
  }

  /** @param opened - has what was opened until all is. */
  private constructor(folder: string, opened: DisposableStack, openRoot: typeof openUnderneath) {
    this.#folder = folder;
    const rest = opened.use(new DisposableStack());
    this.wake = opened.adopt(openOwnWake(), closeDescriptor);
    this.mountList = opened.adopt(openMountList(), closeDescriptor);
    this.connection = opened.adopt(openConnection(), closeDescriptor);
    this.#unattached = opened.use(new DisposableStack());
    this.#place = this.#unattached.adopt(openPlace(folder), closeDescriptor);
    this.underneath = opened.adopt(openUnderneath(folder, this.#place), closeUnderneath);
    if (!hasPlainHandles(this.underneath)) {
      throw new Problem('CAP-030', { path: folder, reason: 'its file system does not number files as ext4 does' });
    }
    this.root = rest.adopt(openRoot(folder, this.#place), closeDescriptor);
    this.notices = rest.adopt(holdConnection(this.connection), closeDescriptor);
    this.#mount = this.#unattached.adopt(makeMount(folder, this.connection, this.underneath), closeDescriptor);
    this.#rest = rest.move();
    this.#open = opened.move();
  }

  /** Once: from the next moment on everybody works in the mount. @throws FileError */
  attach(): FuseMount {
    const mount = attachMount(this.#folder, this.#mount, this.#place);
    // While it is open it is in use.
    this.#unattached.dispose();
    return mount;
  }

  /** All but {@link root}, with what the threads opened. They must have ended. */
  close(): void {
    this.#open.dispose();
  }

  closeRoot(): void {
    this.#rest.dispose();
  }
}
