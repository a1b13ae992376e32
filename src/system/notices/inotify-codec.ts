/** Event bits, inotify(7). */
export const IN = {
  modify: 0x2,
  attrib: 0x4,
  closeWrite: 0x8,
  movedFrom: 0x40,
  movedTo: 0x80,
  create: 0x100,
  delete: 0x200,
  unmount: 0x2000,
  overflow: 0x4000,
  ignored: 0x8000,
  onFolder: 0x4000_0000,
} as const;

/** struct inotify_event without its name. */
const HEADER_BYTES = 16;

/** One event; the object is filled again for the next. */
export interface InotifyEvent {
  watch: number;
  mask: number;
  /** The same in both halves of a move. */
  cookie: number;
  /** One byte in each character; empty where the watched folder itself is meant. */
  name: string;
}

/**
 * Hands over the events of one read(2) from an inotify queue.
 * @returns false where a length points outside the bytes: the rest is unknown.
 */
export function decodeInotify(bytes: Buffer, length: number, sink: (event: Readonly<InotifyEvent>) => void): boolean {
  const event: InotifyEvent = { watch: 0, mask: 0, cookie: 0, name: '' };
  let at = 0;
  while (at < length) {
    if (length - at < HEADER_BYTES) return false;
    const nameBytes = bytes.readUInt32LE(at + 12);
    const nameStart = at + HEADER_BYTES;
    if (nameBytes > length - nameStart) return false;
    const next = nameStart + nameBytes;
    let end = nameStart;
    while (end < next && bytes[end] !== 0) end++;
    event.watch = bytes.readInt32LE(at);
    event.mask = bytes.readUInt32LE(at + 4);
    event.cookie = bytes.readUInt32LE(at + 8);
    event.name = end === nameStart ? '' : bytes.toString('latin1', nameStart, end);
    sink(event);
    at = next;
  }
  return true;
}
