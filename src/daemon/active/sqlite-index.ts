import type { Node } from '../../changes/node-tree.ts';
import type { ByteString } from '../../kernel/byte-string.ts';

const INDEX = '-shm';
const LOG = '-wal';

/**
 * Is the file the index of an SQLite write-ahead log that lies beside it? SQLite keeps it mapped while
 * the database is open, and makes it anew from the log when the database is opened after a crash, so
 * a copy of it is worth nothing.
 *
 * Source: https://www.sqlite.org/walformat.html, "The WAL-Index File Format".
 */
export function isSqliteIndex(file: Node): boolean {
  if (!file.name.endsWith(INDEX) || file.otherNames !== null) return false;
  const log = (file.name.slice(0, -INDEX.length) + LOG) as ByteString;
  return file.parent?.children?.get(log)?.type === 'file';
}
