import type { NodeId } from '../changes/change.ts';
import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import type { FileError } from '../kernel/files.ts';
import type { ProblemData } from '../problems/problem.ts';
import type { ApplyHost } from './host.ts';
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

/**
 * Tells that an item is refused, once for each reason, and that what was told of it by another path is over.
 * @param before - what the item was marked with so far: what was told is exactly that.
 */
export function tellRefusal(
  host: ApplyHost,
  refusal: { readonly path: ByteString | null; readonly problem: ProblemData; readonly before: ProblemData | null },
): void {
  const { path, problem, before } = refusal;
  const isSameItem = problem.code === before?.code && problem.parameters['path'] === before.parameters['path'];
  if (!isSameItem) tellRefusalOver(host, before);
  // For want of space it is told once for all items: see Shortage.
  if (problem.code !== 'APL-001') return;
  if (!isSameItem || problem.parameters['reason'] !== before.parameters['reason'])
    host.note({ kind: 'problem', path, problem });
}

/** @param problem - what the item was marked with. */
export function tellRefusalOver(host: ApplyHost, problem: ProblemData | null): void {
  if (problem?.code === 'APL-001') host.note({ kind: 'cleared', problem });
}
