import { NODE_LOCKS_BYTES } from '../intercept/node-locks.ts';
import type { Agreement } from '../intercept/session-operations.ts';
import { FileError } from '../kernel/files.ts';
import { Problem } from '../problems/problem.ts';
import { errnoName } from '../system/errno.ts';
import {
  abortMount,
  closeDescriptor,
  hasPlainHandles,
  mountOver,
  mountsInside,
  openConnection,
  openUnderneath,
  unmount,
} from '../system/fuse-mount.ts';
import { mountHolders } from '../system/mount-holders.ts';
import { startThread, type Thread } from '../system/threads.ts';
import { closeWake, openWake, wake } from '../system/wake.ts';
import type { FromMountThread, MountThreadStart } from './mount-threads.ts';

const WORKER = new URL('./mount-worker.ts', import.meta.url);
const HOLDERS_NAMED_MAX = 5;

/** Where the records of a mount go; several mounts may share it, and so have one order. */
export interface RecordsPlace {
  /** From makeRing. */
  readonly ring: SharedArrayBuffer;
  /** Number of this mount among them. */
  readonly mount: number;
  /** Number of its first thread among the threads of all. */
  readonly firstThread: number;
  /** An eventfd that the reader sleeps on; null where it does not. */
  readonly readerWake: number | null;
}

export interface MountOptions {
  /** Absolute, and as the kernel would name it. */
  readonly folder: string;
  readonly threads: number;
  readonly records: RecordsPlace;
  /** A thread failed. The mount is gone; what was open there gives errors. */
  readonly onBreakdown: (problem: Problem) => void;
}

/**
 * A folder that is mounted over in place. Everything that is done in it passes through to what lies underneath,
 * and every change of it is in the ring before the call that made it returns.
 *
 * States: starting, served, ended (by {@link stop}, {@link abort} or a breakdown). Ending waits for the threads.
 */
export class MountHost {
  readonly #folder: string;
  readonly #onBreakdown: MountOptions['onBreakdown'];
  readonly #descriptors: readonly [connection: number, root: number];
  readonly #wake: number;
  readonly #threads: Thread<never, FromMountThread>[];
  readonly #agreed = Promise.withResolvers<Agreement>();
  readonly #ended = Promise.withResolvers<void>();
  #running: number;
  #isEnding = false;

  /**
   * @throws Problem CAP-030 where it can't be mounted over, CAP-031 where something is mounted in it, CAP-032
   *   where the kernel is too old.
   */
  static async start(options: MountOptions): Promise<MountHost> {
    const { folder } = options;
    const [inside] = mountsInside(folder);
    if (inside !== undefined) throw new Problem('CAP-031', { path: folder, mount: inside });
    const host = new MountHost(options, mounted(folder));
    const { minor, isAgreed } = await host.#agreed.promise;
    if (isAgreed) return host;
    await host.abort();
    throw new Problem('CAP-032', { path: folder, minor });
  }

  private constructor(options: MountOptions, descriptors: readonly [connection: number, root: number]) {
    const { ring, mount, firstThread, readerWake } = options.records;
    const [connection, root] = descriptors;
    this.#folder = options.folder;
    this.#onBreakdown = options.onBreakdown;
    this.#descriptors = descriptors;
    this.#wake = openWake();
    const start: Omit<MountThreadStart, 'thread'> = {
      connection,
      root,
      wake: this.#wake,
      locks: new SharedArrayBuffer(NODE_LOCKS_BYTES),
      ring,
      mount,
      readerWake,
    };
    this.#running = options.threads;
    this.#threads = Array.from({ length: options.threads }, (_, index) =>
      this.#startThread({ ...start, thread: firstThread + index }),
    );
  }

  /** Descriptor of the folder underneath; stays the mount's. */
  get root(): number {
    return this.#descriptors[1];
  }

  /**
   * Ends the mount.
   * @throws Problem CAP-033 where somebody uses it: it then goes on.
   */
  async stop(): Promise<void> {
    if (!this.#isEnding && !unmount(this.#folder)) throw this.#held();
    await this.#end();
  }

  /** Ends the mount whoever uses it. */
  async abort(): Promise<void> {
    if (!this.#isEnding) abortMount(this.#folder);
    await this.#end();
  }

  #startThread(start: MountThreadStart): Thread<never, FromMountThread> {
    const thread = startThread<never, FromMountThread>(WORKER, start);
    thread.onMessage((message) => {
      if (message.kind === 'agreement') this.#agreed.resolve(message.agreement);
      else if (message.ended.kind === 'failed') this.#breakDown(errnoName(message.ended.error));
    });
    thread.onEnd((error) => {
      if (error !== null) this.#breakDown(error.message);
      this.#running -= 1;
      if (this.#running === 0) this.#ended.resolve();
    });
    return thread;
  }

  #breakDown(reason: string): void {
    if (this.#isEnding) return;
    abortMount(this.#folder);
    const problem = new Problem('CAP-034', { path: this.#folder, reason });
    this.#agreed.reject(problem);
    this.#onBreakdown(problem);
    void this.#end();
  }

  async #end(): Promise<void> {
    if (!this.#isEnding) {
      this.#isEnding = true;
      wake(this.#wake);
    }
    await this.#ended.promise;
    if (this.#threads.splice(0).length === 0) return;
    closeWake(this.#wake);
    for (const descriptor of this.#descriptors) closeDescriptor(descriptor);
  }

  #held(): Problem {
    const found = mountHolders(this.#folder);
    const named = found.slice(0, HOLDERS_NAMED_MAX).map(({ name, processId }) => `${name} (${processId})`);
    const more = found.length > named.length ? [`${found.length - named.length} more`] : [];
    const holders = [...named, ...more].join(', ') || 'somebody';
    return new Problem('CAP-033', { path: this.#folder, holders: `it is used by ${holders}` });
  }
}

/** @throws Problem CAP-030 */
function mounted(folder: string): readonly [connection: number, root: number] {
  const opened: number[] = [];
  try {
    const connection = openConnection();
    opened.push(connection);
    const root = openUnderneath(folder);
    opened.push(root);
    if (!hasPlainHandles(root)) {
      throw new Problem('CAP-030', { path: folder, reason: 'its file system does not number files as ext4 does' });
    }
    mountOver(folder, connection, root);
    return [connection, root];
  } catch (error) {
    for (const descriptor of opened) closeDescriptor(descriptor);
    if (error instanceof FileError) throw new Problem('CAP-030', { path: folder, reason: error.message });
    throw error;
  }
}
