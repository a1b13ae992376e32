import type { NodeId } from '../changes/change.ts';
import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import type { FileError } from '../kernel/files.ts';
import type { ProblemData } from '../problems/problem.ts';

/** What it means that the file system refused an item. For want of space the whole protected folder is meant. */
export function problemOf(
  error: FileError,
  item: { readonly path: ByteString | null; readonly root: ByteString; readonly node: NodeId },
): ProblemData {
  const reason = reasonOf(error);
  if (error.isNoSpace) return { code: 'APL-030', parameters: { path: toDisplay(item.root), reason } };
  const path = item.path === null ? `node ${String(item.node)}` : toDisplay(item.path);
  return { code: 'APL-001', parameters: { path, reason } };
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reported an error',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long for this file system',
  EXDEV: 'the folder is on another file system',
  ETXTBSY: 'the file is being executed',
  EFBIG: 'the file is too large for this file system',
};

/** In words, with the kernel's own word. */
function reasonOf(error: FileError): string {
  const words = REASONS[error.code];
  return words === undefined ? `${error.call} failed (${error.code})` : `${words} (${error.code})`;
}
