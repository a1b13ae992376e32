import { type ByteString, fromLatin1, fromText } from '../../kernel/byte-string.ts';
import type { ItemView } from './thread-messages.ts';

/** Begins a cursor that holds bytes; a path begins with `/`. */
const BYTES = '=';

/** The path as it is on disk, in whose order pages are cut. */
export function bytesOf({ path, exact }: Pick<ItemView, 'path' | 'exact'>): ByteString {
  return exact ?? fromText(path);
}

/** The first so many, in the order in which pages are cut. */
export function pageOf(byPath: ReadonlyMap<ByteString, ItemView>, limit: number): ItemView[] {
  return [...byPath]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([, item]) => item);
}

/** Where the page after this item goes on. A name that is not UTF-8 is shown in a way that sorts elsewhere. */
export function cursorAt({ path, exact }: Pick<ItemView, 'path' | 'exact'>): string {
  return exact === null || fromText(path) === exact ? path : BYTES + exact;
}

/** A cursor after which the item at this path comes, with hardly another one in between. */
export function cursorBefore(path: string): string {
  const bytes = fromText(path);
  const last = bytes.charCodeAt(bytes.length - 1);
  return `${BYTES}${bytes.slice(0, -1)}${String.fromCharCode(last - 1)}\xff`;
}

export function isByteCursor(cursor: string): boolean {
  return cursor.startsWith(BYTES);
}

/** The path that a cursor, or a person, means; empty for the beginning. */
export function pathOfCursor(cursor: string | undefined): ByteString {
  if (cursor === undefined) return fromText('');
  return cursor.startsWith(BYTES) ? fromLatin1(cursor.slice(BYTES.length)) : fromText(cursor);
}
