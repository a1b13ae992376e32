import type { NodeType } from '../changes/change.ts';
import { nodeTypeOf } from '../changes/node-type.ts';
import { KIB } from '../kernel/units.ts';
import type { Operation, OperationOf } from './operation.ts';

/** A file is not made with more content than that: beyond it the few records fewer save nothing. */
const CONTENT_BYTES_MAX = 64 * KIB;
const FILE: NodeType = 'file';

/**
 * A file that is made and what is done to it right behind that, as one operation: what the passive server holds
 * between the two is no moment that anybody needs, and each record costs it a turn of its own. Nothing that was done to
 * anything else comes between them, so the order of what is done to different nodes stays.
 * @param next - what comes right behind `made`.
 * @returns null where `next` stays for itself.
 */
export function madeWhole(made: OperationOf<'make'>, next: Operation): OperationOf<'make'> | null {
  if (next.node !== made.node || next.root !== made.root || nodeTypeOf(made.status.mode) !== FILE) return null;
  const { content } = made;
  if (next.kind === 'attributes') {
    return next.status.sizeBytes === content.length ? { ...made, status: next.status } : null;
  }
  if (next.kind !== 'write' || next.content.length === 0) return null;
  const end = content.length + next.content.length;
  const goesOn = next.offset === content.length && next.status.sizeBytes === end;
  if (!goesOn || end > CONTENT_BYTES_MAX) return null;
  return {
    ...made,
    status: next.status,
    content: content.length === 0 ? next.content : Buffer.concat([content, next.content]),
  };
}
