import { type ByteString, toDisplay } from '../../kernel/byte-string.ts';
import type { FolderKey, Notice, NoticeSource } from '../../kernel/notices.ts';
import { lastError } from '../native/errno.ts';
import { decodeFanotify, emptyNotice, FAN, HANDLE_BYTES_MAX, keyOfHandle } from './fanotify-codec.ts';
import { NodeFiles } from '../files/files.ts';
import * as native from '../native/native.ts';
import { NoticeQueue } from './notice-queue.ts';

const FAN_CLOEXEC = 0x1;
const FAN_NONBLOCK = 0x2;
const FAN_UNLIMITED_QUEUE = 0x10;
const FAN_UNLIMITED_MARKS = 0x20;
const FAN_REPORT_FID = 0x200;
const FAN_REPORT_DIR_FID = 0x400;
const FAN_REPORT_NAME = 0x800;
const FAN_REPORT_TARGET_FID = 0x1000;
const QUEUE =
  FAN_CLOEXEC |
  FAN_NONBLOCK |
  FAN_UNLIMITED_QUEUE |
  FAN_UNLIMITED_MARKS |
  FAN_REPORT_FID |
  FAN_REPORT_DIR_FID |
  FAN_REPORT_NAME |
  FAN_REPORT_TARGET_FID;

const FAN_MARK_ADD = 0x1;
const FAN_MARK_FILESYSTEM = 0x100;
const EVENTS = FAN.create | FAN.delete | FAN.modify | FAN.closeWrite | FAN.rename | FAN.attrib | FAN.onFolder;

const AT_EMPTY_PATH = 0x1000;
/** The kernel counts waiting events in units of struct fanotify_event_metadata (FIONREAD). */
const COUNTED_BYTES = 24;

/** Size and place of the identifier in struct statfs of 64-bit Linux. */
const STATFS_BYTES = 120;
const STATFS_FSID = 56;

/**
 * Notices of everything that happens on whole file systems, without a limit on the queue, by
 * fanotify(7). Needs Linux 5.17, CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH.
 *
 * A change made through a memory map gives no notice but the close that follows. Events of one name
 * by one process are merged while they wait, so that of several moves to and fro the order is lost.
 */
export class FanotifySource implements NoticeSource {
  readonly kind = 'fanotify';
  readonly descriptor: number;
  readonly #queue: NoticeQueue;
  readonly #leftOut: number | null;
  readonly #notice: Notice = emptyNotice();
  readonly #marked = new Set<string>();
  readonly #handle = Buffer.alloc(8 + HANDLE_BYTES_MAX);
  readonly #mount = Buffer.alloc(4);
  readonly #statfs = Buffer.alloc(STATFS_BYTES);
  readonly #fsid = this.#statfs.subarray(STATFS_FSID, STATFS_FSID + 8);

  constructor(descriptor: number, leftOut: number | null) {
    this.descriptor = descriptor;
    this.#leftOut = leftOut;
    this.#queue = new NoticeQueue(descriptor, 'fanotify');
  }

  /**
   * Marks the folder's file system, unless it is marked.
   * @throws FileError EXDEV, EOPNOTSUPP, ENODEV or EINVAL where the file system can't be marked.
   */
  watchFolder(folder: number, path: ByteString): FolderKey {
    const key = this.#keyOf(folder, toDisplay(path));
    const fsid = key.slice(0, 8);
    if (!this.#marked.has(fsid)) {
      const failed =
        native.fanotify_mark(this.descriptor, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, EVENTS, folder, null) < 0;
      if (failed) throw lastError('fanotify_mark', toDisplay(path));
      this.#marked.add(fsid);
    }
    return key;
  }

  keyOf(file: number): FolderKey {
    return this.#keyOf(file, `file ${file}`);
  }

  /** The mark is on the file system: there is nothing to forget. */
  forgetFolder(_key: FolderKey): void {}

  read(sink: (notice: Readonly<Notice>) => void): boolean {
    let complete = true;
    this.#queue.drain((bytes, length) => {
      const decoded = decodeFanotify({ bytes, length }, this.#notice, this.#leftOut, sink);
      complete &&= decoded.complete;
      return decoded.events * COUNTED_BYTES;
    });
    return complete;
  }

  close(): void {
    this.#queue.close();
  }

  #keyOf(file: number, path: string): FolderKey {
    if (native.fstatfs(file, this.#statfs) < 0) throw lastError('fstatfs', path);
    this.#handle.writeUInt32LE(HANDLE_BYTES_MAX, 0);
    if (native.name_to_handle_at(file, '', this.#handle, this.#mount, AT_EMPTY_PATH) < 0) {
      throw lastError('name_to_handle_at', path);
    }
    return keyOfHandle(this.#fsid, this.#handle);
  }
}

/**
 * A queue with a mark on the file system of each folder.
 * @param folders - absolute paths.
 * @param leftOut - a process whose changes give no notice.
 * @throws FileError EPERM without the rights; EINVAL on an older kernel; EXDEV (Btrfs subvolume),
 * EOPNOTSUPP or ENODEV (file systems without identifiers, such as overlayfs) where one can't be marked.
 */
export function openFanotify(folders: readonly ByteString[], leftOut: number | null = null): FanotifySource {
  const descriptor = native.fanotify_init(QUEUE, 0);
  if (descriptor < 0) throw lastError('fanotify_init', 'fanotify');
  const source = new FanotifySource(descriptor, leftOut);
  const files = new NodeFiles();
  try {
    for (const path of folders) {
      const folder = files.openFolder(path);
      try {
        source.watchFolder(folder, path);
      } finally {
        files.close(folder);
      }
    }
    return source;
  } catch (error) {
    source.close();
    throw error;
  }
}
