import { REG } from './value-type.ts';

/** Where regedit and Wine break a line of bytes. */
const LINE_LENGTH_MAX = 76;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** What stands before the bytes of a value of this type. */
export function hexKind(type: number): string {
  return type === REG.binary ? 'hex:' : `hex(${type.toString(16)}):`;
}

/** Bytes as files of a registry have them, behind this beginning. Each line but the last is to end in a backslash. */
export function hexLines(start: string, data: Uint8Array): string[] {
  const lines: string[] = [];
  let line = start;
  for (const [index, byte] of data.entries()) {
    const isLast = index === data.length - 1;
    line += isLast ? (HEX[byte] as string) : `${HEX[byte]},`;
    if (isLast || line.length < LINE_LENGTH_MAX) continue;
    lines.push(line);
    line = '  ';
  }
  return [...lines, line];
}
