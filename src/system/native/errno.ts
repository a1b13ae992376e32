import { constants } from 'node:os';

import { FileError } from '../../kernel/files.ts';
import { errno } from './c-library.ts';

/** Codes that Node's own table lacks, and the kernel's word where Node prefers another (errno(3)). */
const KERNEL_NAMES: Readonly<Record<number, string>> = {
  11: 'EAGAIN',
  95: 'EOPNOTSUPP',
  108: 'ESHUTDOWN',
  112: 'EHOSTDOWN',
  117: 'EUCLEAN',
  121: 'EREMOTEIO',
  123: 'ENOMEDIUM',
  126: 'ENOKEY',
  133: 'EHWPOISON',
};

const NAMES = new Map<number, string>([
  ...Object.entries(constants.errno).map(([name, code]): [number, string] => [code, name]),
  ...Object.entries(KERNEL_NAMES).map(([code, name]): [number, string] => [Number(code), name]),
]);

/** `ENOENT` for 2; `E999` for a code that has no name here. */
export function errnoName(code: number): string {
  return NAMES.get(code) ?? `E${code}`;
}

/** The failure of the native call made last; take it at once. */
export function lastError(call: string, path: string): FileError {
  return new FileError({ code: errnoName(errno()), call, path });
}
