export type Style = 'red' | 'yellow' | 'green' | 'bold' | 'dim';

const CODES: Readonly<Record<Style, string>> = { red: '31', yellow: '33', green: '32', bold: '1', dim: '2' };

/** Colours text, where colours are wanted. */
export type Paint = (text: string, style: Style) => string;

export function paintWith(colour: boolean): Paint {
  return colour ? (text, style) => `\x1b[${CODES[style]}m${text}\x1b[0m` : (text) => text;
}

/** Controls, invisible format characters (such as those that turn the direction of writing), line ends. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A file name must not steer the terminal: what can't be seen shows as `\xNN`. */
export function safe(text: string): string {
  return text.replace(UNSAFE, (c) => {
    const code = c.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** Aligned columns, two spaces apart; the last is not padded. Cells are made {@link safe}. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(safe));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return cells.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Breaks text at spaces so that no line is wider than `columns`, indent included; a longer word stands alone. */
export function wrap(text: string, options: { readonly columns: number; readonly indent: string }): string[] {
  const width = Math.max(20, options.columns - options.indent.length);
  const lines: string[] = [];
  let line = '';
  for (const word of safe(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(options.indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(options.indent + line);
  return lines;
}

/** Cuts a line to the width of the screen; the sequences of {@link paintWith} take no room. */
export function cut(line: string, columns: number): string {
  let room = columns;
  let shown = '';
  for (const [index, piece] of line.split('\x1b[').entries()) {
    const end = index === 0 ? 0 : piece.indexOf('m') + 1;
    if (index > 0) shown += `\x1b[${piece.slice(0, end)}`;
    shown += piece.slice(end, end + Math.max(0, room));
    room -= piece.length - end;
  }
  return shown;
}
