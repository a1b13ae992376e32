import { type ByteString, toBytes } from '../kernel/byte-string.ts';
import { FILE_FLAG } from '../kernel/files.ts';

const PRINTABLE = /^[\x20-\x7e]*$/;

/** A calendar date is known up to here (ECMAScript, time values); file systems can hold more. */
const DATE_SECONDS_MAX = 8.64e12;

/** `0644` */
export function sayMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** `0:33` */
export function sayOwner({ uid, gid }: { readonly uid: number; readonly gid: number }): string {
  return `${String(uid)}:${String(gid)}`;
}

/** To the nanosecond: `2026-01-01T00:00:00.000000001Z`. */
export function sayTime(time: { readonly mtimeSeconds: number; readonly mtimeNanoseconds: number }): string {
  const nanoseconds = String(time.mtimeNanoseconds).padStart(9, '0');
  if (Math.abs(time.mtimeSeconds) > DATE_SECONDS_MAX) return `second ${String(time.mtimeSeconds)}.${nanoseconds}`;
  const seconds = new Date(time.mtimeSeconds * 1000).toISOString().replace(/\.\d+Z$/, '');
  return `${seconds}.${nanoseconds}Z`;
}

/** Bits of FILE_FLAG by their names. */
export function sayFlags(flags: number): string {
  const said = Object.entries(FILE_FLAG).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
  return said.length === 0 ? 'none' : said.join(', ');
}

/** Of an extended attribute: text as it is, anything else as hex. */
export function sayValue(value: ByteString): string {
  return PRINTABLE.test(value) ? JSON.stringify(value) : `0x${toBytes(value).toString('hex')}`;
}
