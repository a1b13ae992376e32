import { keptMemoryBytes } from '../../intercept/kept-memory.ts';
import type { MappedPlace } from '../../kernel/shared-memory.ts';
import { Problem } from '../../problems/problem.ts';
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
} from '../../system/mounts/fuse-mount.ts';
import { mountOf } from '../../system/mounts/mounts.ts';
import { emptyMemory, makeSharedMemory, placeMemory } from '../../system/native/shared-memory.ts';
import { openOwnWake } from '../../system/native/wake.ts';

/** What of a mount outlives the process that made it, where somebody else has it open as well. */
export interface LeftDescriptors {
  readonly connection: number;
  readonly underneath: number;
  readonly root: number;
  readonly memory: number;
}

const NONE = -1;

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
  /** What threads keep in memory that may outlive this process, and where it is mapped. */
  readonly memory: number;
  readonly place: MappedPlace;

  /**
   * Makes a mount that is attached nowhere yet.
   * @param openRoot - how its owner has what is underneath: past every mount, or on the mount that it lies on.
   * @throws FileError
   * @throws Problem CAP-030 where the file system is not of the kind that can be served.
   */
  static open(folder: string, threads: number, openRoot: typeof openUnderneath = openUnderneath): MountDescriptors {
    using opened = new DisposableStack();
    return new MountDescriptors({ folder, threads, openRoot, left: null }, opened);
  }

  /** Those of a mount that another process made and attached. They are this one's from now on. @throws FileError */
  static adopt(folder: string, threads: number, left: LeftDescriptors): MountDescriptors {
    using opened = new DisposableStack();
    return new MountDescriptors({ folder, threads, openRoot: openUnderneath, left }, opened);
  }

  /** @param opened - has what was opened until all is. */
  private constructor(
    options: {
      readonly folder: string;
      readonly threads: number;
      readonly openRoot: typeof openUnderneath;
      readonly left: LeftDescriptors | null;
    },
    opened: DisposableStack,
  ) {
    const { folder, threads, openRoot, left } = options;
    this.#folder = folder;
    const rest = opened.use(new DisposableStack());
    this.wake = opened.adopt(openOwnWake(), closeDescriptor);
    this.mountList = opened.adopt(openMountList(), closeDescriptor);
    this.#unattached = opened.use(new DisposableStack());
    const bytes = keptMemoryBytes(threads);
    this.memory = opened.adopt(left?.memory ?? makeSharedMemory(bytes), (memory) => {
      // It stays mapped.
      emptyMemory(memory, bytes);
      closeDescriptor(memory);
    });
    this.place = placeMemory(this.memory, bytes);
    this.connection = opened.adopt(left?.connection ?? openConnection(), closeDescriptor);
    this.#place = left !== null ? NONE : this.#unattached.adopt(openPlace(folder), closeDescriptor);
    this.underneath = opened.adopt(left?.underneath ?? openUnderneath(folder, this.#place), closeUnderneath);
    if (!hasPlainHandles(this.underneath)) {
      throw new Problem('CAP-030', { path: folder, reason: 'its file system does not number files as ext4 does' });
    }
    this.root = rest.adopt(left?.root ?? openRoot(folder, this.#place), closeDescriptor);
    this.notices = rest.adopt(holdConnection(this.connection), closeDescriptor);
    this.#mount =
      left !== null
        ? NONE
        : this.#unattached.adopt(makeMount(folder, this.connection, this.underneath), closeDescriptor);
    this.#rest = rest.move();
    this.#open = opened.move();
  }

  /** The kernel's number of the mount that is not attached yet. */
  get mountId(): string {
    return mountOf(this.#mount);
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
