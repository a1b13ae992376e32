import type { NodeId } from '../changes/change.ts';
import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import type { FileError } from '../kernel/files.ts';
import type { ProblemData } from '../problems/problem.ts';
import { reasonOf } from './reasons.ts';

/** What it means that the file system refused an item. For want of space the whole protected folder is meant. */
export function problemOf(
  error: FileError,
  item: { readonly path: ByteString | null; readonly root: ByteString; readonly node: NodeId },
): ProblemData {
  const reason = reasonOf(error);
  if (isDiskFull(error)) return { code: 'APL-030', parameters: { path: toDisplay(item.root), reason } };
  const path = item.path === null ? `node ${String(item.node)}` : toDisplay(item.path);
  return { code: 'APL-001', parameters: { path, reason } };
}

/** Of an extended attribute it says that this one does not fit. */
function isDiskFull(error: FileError): boolean {
  return error.isNoSpace && !error.call.includes('xattr');
}
