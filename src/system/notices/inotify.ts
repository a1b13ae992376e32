import { readFileSync } from 'node:fs';

import { type ByteString, fromLatin1, toDisplay } from '../../kernel/byte-string.ts';
import { type FolderKey, NOTICE, type Notice, type NoticeSource } from '../../kernel/notices.ts';
import { Problem } from '../../problems/problem.ts';
import { lastError } from '../native/errno.ts';
import { emptyNotice } from './fanotify-codec.ts';
import { decodeInotify, IN, type InotifyEvent } from './inotify-codec.ts';
import { errno } from '../native/c-library.ts';
import * as native from '../native/native.ts';
import { NoticeQueue } from './notice-queue.ts';

const IN_NONBLOCK = 0o4000;
const IN_CLOEXEC = 0o2000000;
const IN_ONLYDIR = 0x0100_0000;
/** No IN_EXCL_UNLINK: a file that loses one of its names may still be written through it. */
const EVENTS = IN.create | IN.delete | IN.modify | IN.closeWrite | IN.attrib | IN.movedFrom | IN.movedTo | IN_ONLYDIR;
const ENOSPC = 28;

/** The two halves of a move are queued one right after the other; this is how long the second is awaited. */
const SECOND_HALF_MS = 2;
const POLLIN = 1;

/** First half of a move. */
interface Departure {
  readonly folder: FolderKey;
  readonly name: ByteString;
  readonly isFolder: boolean;
}

/**
 * Notices of single folders, by inotify(7): for when fanotify isn't allowed or the file system is not
 * one for it. Doesn't know who did it, nor other names of the file; the queue is limited
 * (`fs.inotify.max_queued_events`).
 */
export class InotifySource implements NoticeSource {
  readonly kind = 'inotify';
  readonly descriptor: number;
  readonly #queue: NoticeQueue;
  readonly #notice: Notice = emptyNotice();
  readonly #keys = new Map<number, FolderKey>();
  readonly #departures = new Map<number, Departure>();
  #complete = true;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
    this.#queue = new NoticeQueue(descriptor, 'inotify');
  }

  /** A folder that is watched already gives the same key again. */
  watchFolder(folder: number, path: ByteString): FolderKey {
    // By descriptor, so that a folder put in its place meanwhile is not watched instead.
    const watch = native.inotify_add_watch(this.descriptor, `/proc/self/fd/${folder}`, EVENTS);
    if (watch < 0) {
      if (errno() !== ENOSPC) throw lastError('inotify_add_watch', toDisplay(path));
      throw new Problem('CAP-003', { reason: toDisplay(path), limit: watchesMax() });
    }
    const known = this.#keys.get(watch);
    if (known !== undefined) return known;
    const key = String(watch);
    this.#keys.set(watch, key);
    return key;
  }

  keyOf(_file: number): null {
    return null;
  }

  forgetFolder(key: FolderKey): void {
    const watch = Number(key);
    // EINVAL: the kernel dropped the watch itself, because the folder is gone.
    if (this.#keys.delete(watch)) native.inotify_rm_watch(this.descriptor, watch);
  }

  read(sink: (notice: Readonly<Notice>) => void): boolean {
    this.#complete = true;
    this.#drain(sink);
    if (this.#departures.size > 0 && this.#moreComes()) this.#drain(sink);
    for (const { folder, name, isFolder } of this.#departures.values()) {
      this.#fill(NOTICE.deleted, isFolder, folder, name);
      sink(this.#notice);
    }
    this.#departures.clear();
    return this.#complete;
  }

  close(): void {
    this.#queue.close();
  }

  #drain(sink: (notice: Readonly<Notice>) => void): void {
    this.#queue.drain((bytes, length) => {
      const sound = decodeInotify(bytes, length, (event) => this.#take(event, sink));
      this.#complete &&= sound;
      return length;
    });
  }

  #take(event: Readonly<InotifyEvent>, sink: (notice: Readonly<Notice>) => void): void {
    const { mask } = event;
    if ((mask & (IN.overflow | IN.unmount)) !== 0) this.#complete = false;
    if ((mask & IN.ignored) !== 0) this.#keys.delete(event.watch);
    const folder = this.#keys.get(event.watch);
    if (folder === undefined) return;
    const name = fromLatin1(event.name);
    const isFolder = (mask & IN.onFolder) !== 0;
    if ((mask & IN.movedFrom) !== 0) {
      this.#departures.set(event.cookie, { folder, name, isFolder });
      return;
    }
    if ((mask & IN.movedTo) !== 0) {
      this.#arrive(event.cookie, isFolder, folder, name);
    } else {
      const what = whatOf(mask);
      if (what === 0) return;
      this.#fill(what, isFolder, folder, name);
    }
    sink(this.#notice);
  }

  #arrive(cookie: number, isFolder: boolean, folder: FolderKey, name: ByteString): void {
    const departure = this.#departures.get(cookie);
    if (departure === undefined) {
      this.#fill(NOTICE.created, isFolder, folder, name);
      return;
    }
    this.#departures.delete(cookie);
    this.#fill(NOTICE.moved, isFolder, departure.folder, departure.name);
    this.#notice.toFolder = folder;
    this.#notice.toName = name;
  }

  #fill(what: number, isFolder: boolean, folder: FolderKey, name: ByteString): void {
    this.#notice.what = what;
    this.#notice.isFolder = isFolder;
    this.#notice.folder = folder;
    this.#notice.name = name;
    this.#notice.toFolder = null;
    this.#notice.toName = fromLatin1('');
    this.#notice.target = name === '' ? folder : null;
  }

  #moreComes(): boolean {
    const descriptor = Buffer.alloc(8);
    descriptor.writeInt32LE(this.descriptor, 0);
    descriptor.writeInt16LE(POLLIN, 4);
    return native.poll(descriptor, 1, SECOND_HALF_MS) > 0;
  }
}

/**
 * An empty queue.
 * @throws FileError EMFILE where `fs.inotify.max_user_instances` is used up.
 */
export function openInotify(): InotifySource {
  const descriptor = native.inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) throw lastError('inotify_init1', 'inotify');
  return new InotifySource(descriptor);
}

function whatOf(mask: number): number {
  let what = 0;
  if ((mask & IN.create) !== 0) what |= NOTICE.created;
  if ((mask & IN.delete) !== 0) what |= NOTICE.deleted;
  if ((mask & IN.modify) !== 0) what |= NOTICE.modified;
  if ((mask & IN.closeWrite) !== 0) what |= NOTICE.written;
  if ((mask & IN.attrib) !== 0) what |= NOTICE.attributes;
  return what;
}

/** How many folders and files one user may watch. */
export function watchesMax(): number {
  return Number(readFileSync('/proc/sys/fs/inotify/max_user_watches', 'utf8'));
}
