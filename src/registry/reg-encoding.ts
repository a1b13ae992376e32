import { HEADERS, RegSyntaxError } from './reg-syntax.ts';

/** How the text of a `.reg` file is written as bytes. Regedit and Wine want UTF-16, Samba writes UTF-8. */
export type RegEncoding = 'utf-16le' | 'utf-8' | 'windows-1252';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * The text, without its byte order mark. UTF-16 without a mark is told by the zero behind the first letter.
 * A file of version 4 that is no UTF-8 is in the code page of Western Europe.
 * @throws RegSyntaxError
 */
export function decodeReg(bytes: Uint8Array): { readonly text: string; readonly encoding: RegEncoding } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hasMark = buffer[0] === 0xff && buffer[1] === 0xfe;
  if (hasMark || buffer[1] === 0) {
    const text = buffer.toString('utf16le', hasMark ? 2 : 0);
    if (buffer.length % 2 === 1) throw new RegSyntaxError('half a UTF-16 character', endOf(text));
    return { text, encoding: 'utf-16le' };
  }
  try {
    return { text: UTF8.decode(buffer), encoding: 'utf-8' };
  } catch {
    if (buffer.toString('latin1', 0, HEADERS[4].length) === HEADERS[4]) {
      return { text: new TextDecoder('windows-1252').decode(buffer), encoding: 'windows-1252' };
    }
    throw firstNoUtf8(buffer);
  }
}

/** With a byte order mark in UTF-16. Lone surrogates survive in UTF-16 only. */
export function encodeReg(text: string, encoding: 'utf-16le' | 'utf-8'): Buffer {
  return encoding === 'utf-16le' ? Buffer.from(`\ufeff${text}`, 'utf16le') : Buffer.from(text, 'utf8');
}

function endOf(text: string): { line: number; column: number } {
  return { line: text.split('\n').length, column: text.length - text.lastIndexOf('\n') };
}

function firstNoUtf8(bytes: Buffer): RegSyntaxError {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    const text = bytes.toString('utf8', start, end);
    // What can't be decoded becomes this character, which real text hardly has.
    const column = text.indexOf('\ufffd') + 1;
    if (column > 0) return new RegSyntaxError('no UTF-8, and no UTF-16 either', { line, column });
    start = end;
  }
  return new RegSyntaxError('no UTF-8, and no UTF-16 either', { line: 1, column: 1 });
}
