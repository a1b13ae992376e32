import type { ByteString } from '../../kernel/byte-string.ts';
import { nativeComponent } from '../files/names.ts';
import * as native from '../native/native.ts';

const AT_EMPTY_PATH = 0x1000;
const HANDLE_BYTES = 8;
const HANDLE = { capacity: 0, low: 8, high: 12, bytes: 16 } as const;

const handle = Buffer.alloc(HANDLE.bytes);
const mount = Buffer.alloc(4);

/** What ext4 calls a node, as two words: its inode number and its generation. */
export interface NodeNumber {
  readonly low: number;
  readonly high: number;
}

/** Of an open file or folder; null where it is gone, or the file system numbers otherwise. */
export function numberOf(file: number): NodeNumber | null {
  return asked(file, '', AT_EMPTY_PATH);
}

/** Of what has a name in a folder. */
export function numberAt(folder: number, name: ByteString): NodeNumber | null {
  return asked(folder, nativeComponent(name), 0);
}

function asked(file: number, name: native.NativeName, flags: number): NodeNumber | null {
  handle.writeUInt32LE(HANDLE_BYTES, HANDLE.capacity);
  if (native.name_to_handle_at(file, name, handle, mount, flags) < 0) return null;
  return { low: handle.readUInt32LE(HANDLE.low), high: handle.readUInt32LE(HANDLE.high) };
}
