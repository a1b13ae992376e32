/** A file of an archive. */
export interface ArchivedFile {
  /** Relative, with `/` between folders; at most 100 bytes. */
  readonly name: string;
  readonly text: string;
}

const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;

/** A tar archive (POSIX ustar) of plain files. Pure. @param wallMs - the time that all of them carry. */
export function tarOf(files: readonly ArchivedFile[], wallMs: number): Buffer {
  const parts = files.flatMap(({ name, text }) => {
    const content = Buffer.from(text, 'utf8');
    return [headerOf(name, content.length, wallMs), content, Buffer.alloc(paddingOf(content.length))];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK_BYTES)]);
}

function headerOf(name: string, bytes: number, wallMs: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name.slice(0, NAME_BYTES_MAX), 0, 'latin1');
  const number = (value: number, at: number, digits: number): void => {
    header.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  };
  number(0o600, 100, 7);
  number(0, 108, 7);
  number(0, 116, 7);
  number(bytes, 124, 11);
  number(Math.floor(wallMs / 1000), 136, 11);
  // The sum is made with blanks in its own place.
  header.fill(' ', CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_BYTES);
  header.write('0', 156, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT, 'latin1');
  return header;
}

function paddingOf(bytes: number): number {
  return (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
}
