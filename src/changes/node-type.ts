import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';
import {
  type DeviceNumber,
  FILE_TYPE_BLOCK_DEVICE,
  FILE_TYPE_CHARACTER_DEVICE,
  FILE_TYPE_FIFO,
  FILE_TYPE_FOLDER,
  FILE_TYPE_MASK,
  FILE_TYPE_REGULAR,
  FILE_TYPE_SYMLINK,
} from '../kernel/files.ts';
import type { NodeType } from './change.ts';

/** @param mode - of a status. @returns null for what is not carried. */
export function nodeTypeOf(mode: number): NodeType | null {
  switch (mode & FILE_TYPE_MASK) {
    case FILE_TYPE_REGULAR:
      return 'file';
    case FILE_TYPE_FOLDER:
      return 'folder';
    case FILE_TYPE_SYMLINK:
      return 'symlink';
    case FILE_TYPE_FIFO:
      return 'fifo';
    case FILE_TYPE_CHARACTER_DEVICE:
      return 'characterDevice';
    case FILE_TYPE_BLOCK_DEVICE:
      return 'blockDevice';
    default:
      return null;
  }
}

/** The bits of a mode that say the type of what is made by its number alone. */
export const MADE_TYPES: Readonly<Record<'fifo' | 'characterDevice' | 'blockDevice', number>> = {
  fifo: FILE_TYPE_FIFO,
  characterDevice: FILE_TYPE_CHARACTER_DEVICE,
  blockDevice: FILE_TYPE_BLOCK_DEVICE,
};

/** For people. */
export function sayType(type: NodeType | 'other'): string {
  switch (type) {
    case 'symlink':
      return 'symbolic link';
    case 'fifo':
      return 'named pipe';
    case 'characterDevice':
      return 'character device';
    case 'blockDevice':
      return 'block device';
    default:
      return type;
  }
}

export function isDevice(type: NodeType): type is 'characterDevice' | 'blockDevice' {
  return type === 'characterDevice' || type === 'blockDevice';
}

/** `8:1`: what a device node stands for, as a statement's target. */
export function deviceTarget(stat: Readonly<{ deviceMajor: number; deviceMinor: number }>): ByteString {
  return fromLatin1(`${stat.deviceMajor}:${stat.deviceMinor}`);
}

/** Linux has 12 bits for the one and 20 for the other. @returns null where it is no device's target. */
export function parseDeviceTarget(target: ByteString): DeviceNumber | null {
  const parts = /^(\d{1,4}):(\d{1,7})$/.exec(target);
  if (parts === null) return null;
  const [major, minor] = [Number(parts[1]), Number(parts[2])];
  return major < 2 ** 12 && minor < 2 ** 20 ? { major, minor } : null;
}
