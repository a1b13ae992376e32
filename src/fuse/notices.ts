import { NOTIFY_INCREASE_EPOCH, NOTIFY_INVALIDATE_ENTRY, NOTIFY_INVALIDATE_NODE } from './flags.ts';
import { INVALIDATE_ENTRY_OUT, INVALIDATE_NODE_OUT, OUT_HEADER } from './structures.ts';

/**
 * The kernel forgets a node's content, attributes and access control lists, of a folder what stands in it: whoever
 * has it open or mapped meets what is there now. It waits for requests about that content that are being answered.
 */
export function forgetNode(low: number, high: number): Uint8Array {
  const bytes = notice(NOTIFY_INVALIDATE_NODE, INVALIDATE_NODE_OUT.bytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(OUT_HEADER.bytes + INVALIDATE_NODE_OUT.node, low, true);
  view.setUint32(OUT_HEADER.bytes + INVALIDATE_NODE_OUT.node + 4, high, true);
  // From offset 0, and a length of 0: all of it.
  return bytes;
}

/** The kernel forgets what has a name in a folder, or that nothing has it. @param name - with one byte in each character. */
export function forgetName(low: number, high: number, name: string): Uint8Array {
  const { folder, nameLength } = INVALIDATE_ENTRY_OUT;
  const bytes = notice(NOTIFY_INVALIDATE_ENTRY, INVALIDATE_ENTRY_OUT.name + name.length + 1);
  const view = new DataView(bytes.buffer);
  view.setUint32(OUT_HEADER.bytes + folder, low, true);
  view.setUint32(OUT_HEADER.bytes + folder + 4, high, true);
  view.setUint32(OUT_HEADER.bytes + nameLength, name.length, true);
  bytes.set(Buffer.from(name, 'latin1'), OUT_HEADER.bytes + INVALIDATE_ENTRY_OUT.name);
  return bytes;
}

/** The kernel looks up each name anew before it goes by it. Since FUSE 7.44 (Linux 6.16). */
export function forgetNames(): Uint8Array {
  return notice(NOTIFY_INCREASE_EPOCH, 0);
}
/** The protocol's minor number with which {@link forgetNames} came. */
export const FORGET_NAMES_MINOR = 44;

function notice(code: number, bodyBytes: number): Uint8Array {
  const length = OUT_HEADER.bytes + bodyBytes;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(OUT_HEADER.length, length, true);
  view.setInt32(OUT_HEADER.error, code, true);
  return bytes;
}
