import type { OpenedFile } from '../../intercept/mount-way.ts';
import type { FileUse } from '../../kernel/file-use.ts';
import type { FileHolder, HoldWay } from '../../system/processes/file-holders.ts';
import type { FileIdentity, ProcessFacts } from '../../system/processes/processes.ts';

/** A mount through which files are opened. */
export interface OpenedMount {
  /** Of what lies underneath, as stat(2) tells it. */
  readonly device: number;
  /** Of the mount itself: files have it as they are seen through the mount, with the same inode numbers. */
  readonly mountDevice: number;
  readonly opened: { of(low: number): OpenedFile[] };
}

export interface MountOpenersOptions {
  readonly mounts: readonly OpenedMount[];
  /** Processes that have a lock on a file. */
  readonly lockers: (file: FileIdentity) => readonly number[];
  /** The process that a thread belongs to; null where it has ended. */
  readonly describe: (threadId: number) => ProcessFacts | null;
}

/**
 * Who uses files through the mounts over them. Underneath they are opened by this process, so the kernel does not tell:
 * who has what open stands in the memory of the mounts, locks in the kernel's list, with the mount's device.
 */
export class MountOpeners {
  readonly #options: MountOpenersOptions;

  constructor(options: MountOpenersOptions) {
    this.#options = options;
  }

  /** Devices as which a file of this one is seen through mounts. */
  devicesOver(device: number): number[] {
    return this.#over(device).map(({ mountDevice }) => mountDevice);
  }

  /** How it is used through mounts, so that it must not be changed; who only reads does not count. */
  useOf(file: FileIdentity, forWriting: boolean): FileUse | null {
    for (const mount of this.#over(file.device)) {
      const opened = mount.opened.of(file.inode);
      if (opened.length === 0) continue;
      if (opened.some((one) => one.forWriting)) return 'open';
      if (this.#lockers(mount, file).length > 0) return 'locked';
      if (forWriting && opened.some((one) => one.asProgram)) return 'executed';
    }
    return null;
  }

  /** Who uses it so, as far as that is known without a search. */
  holdersOf(file: FileIdentity, use: FileUse): FileHolder[] {
    const found = new Map<number, { process: ProcessFacts; ways: Set<HoldWay> }>();
    const note = (threadId: number, way: HoldWay): void => {
      const process = threadId === 0 ? null : this.#options.describe(threadId);
      if (process === null) return;
      const known = found.get(process.processId);
      if (known === undefined) found.set(process.processId, { process, ways: new Set([way]) });
      else known.ways.add(way);
    };
    for (const mount of this.#over(file.device)) {
      for (const one of mount.opened.of(file.inode)) {
        const way = one.forWriting ? 'written' : one.asProgram ? 'executed' : 'read';
        if (COUNTS[use].includes(way)) note(one.threadId, way);
      }
      if (use === 'locked') for (const processId of this.#lockers(mount, file)) note(processId, 'locked');
    }
    const { device, inode } = file;
    return [...found.values()].map(({ process, ways }) => ({ device, inode, process, ways: [...ways].sort() }));
  }

  #over(device: number): OpenedMount[] {
    return this.#options.mounts.filter((mount) => mount.device === device);
  }

  #lockers({ mountDevice }: OpenedMount, { inode }: FileIdentity): readonly number[] {
    return this.#options.lockers({ device: mountDevice, inode });
  }
}

/** Ways of having a file open that are that use. */
const COUNTS: Readonly<Record<FileUse, readonly HoldWay[]>> = {
  open: ['written'],
  locked: [],
  executed: ['executed'],
  denied: [],
  read: ['read', 'executed', 'written'],
};
