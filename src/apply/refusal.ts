import type { NodeId } from '../changes/change.ts';
import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import type { FileError } from '../kernel/files.ts';
import type { ProblemData } from '../problems/problem.ts';
import { reasonOf } from './reasons.ts';

/** What it means that the file system refused an item. One that is full or read-only is a matter of the whole protected folder. */
export function problemOf(
  error: FileError,
  item: { readonly path: ByteString | null; readonly root: ByteString; readonly node: NodeId },
): ProblemData {
  const reason = reasonOf(error);
  const path = toDisplay(item.root);
  if (isDiskFull(error)) return { code: 'APL-030', parameters: { path, reason } };
  if (error.code === 'EROFS') return { code: 'APL-041', parameters: { path, reason } };
  return problemOfItem(item, reason);
}

function problemOfItem(item: { readonly path: ByteString | null; readonly node: NodeId }, reason: string): ProblemData {
  const path = item.path === null ? `node ${String(item.node)}` : toDisplay(item.path);
  return { code: 'APL-001', parameters: { path, reason } };
}

/** Of an extended attribute it says that this one does not fit. */
function isDiskFull(error: FileError): boolean {
  return error.isNoSpace && !error.call.includes('xattr');
}
