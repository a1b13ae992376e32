import { RegSyntaxError } from './reg-syntax.ts';

const NEWLINE = 10;
const RETURN = 13;
/** Room for most values. */
const HEX_BYTES_FIRST = 64;

/** Walks through the text of a `.reg` file. Every step goes forward, or fails with its place. */
export class RegScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get at(): number {
    return this.#at;
  }

  /** The character here; empty at the end. */
  get next(): string {
    return this.#text.charAt(this.#at);
  }

  fail(reason: string, at = this.#at): never {
    const before = this.#text.slice(0, at);
    const start = before.lastIndexOf('\n') + 1;
    let line = 1;
    for (let end = before.indexOf('\n'); end !== -1; end = before.indexOf('\n', end + 1)) line += 1;
    throw new RegSyntaxError(reason, { line, column: at - start + 1 });
  }

  /** @returns true where the text goes on so, which then is behind. */
  take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Spaces and tabs. */
  skipBlanks(): void {
    while (this.next === ' ' || this.next === '\t') this.#at += 1;
  }

  /** Blanks, line ends and lines of comment. */
  skipToStatement(): void {
    for (;;) {
      this.skipBlanks();
      const { next } = this;
      if (next === ';' || next === '#') this.restOfLine();
      else if (next === '\r' || next === '\n') this.#at += 1;
      else return;
    }
  }

  /** Up to the line's end, which stays. */
  restOfLine(): string {
    const start = this.#at;
    const newline = this.#text.indexOf('\n', start);
    this.#at = newline === -1 ? this.#text.length : newline;
    const line = this.#text.slice(start, this.#at);
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }

  /** Nothing more but blanks and a comment stands in this line. */
  endLine(): void {
    this.skipBlanks();
    const code = this.#text.charCodeAt(this.#at);
    if (this.next === ';') this.restOfLine();
    else if (!this.isAtEnd && code !== NEWLINE && code !== RETURN) this.fail('something else behind the value');
  }

  /** From the opening quotation mark, which is behind already, to the closing one. May go over lines. */
  quoted(): string {
    const opening = this.#at - 1;
    let text = '';
    for (;;) {
      const start = this.#at;
      while (!this.isAtEnd && this.next !== '"' && this.next !== '\\') this.#at += 1;
      text += this.#text.slice(start, this.#at);
      if (this.isAtEnd) this.fail('a quotation mark that is never closed', opening);
      if (this.take('"')) return text;
      text += this.#escaped();
    }
  }

  /** Pairs of hexadecimal digits with commas between, which may go over lines that end in a backslash. */
  hexBytes(): Buffer {
    // A list of numbers would take eight bytes for each, and has an end.
    let bytes = Buffer.alloc(HEX_BYTES_FIRST);
    let length = 0;
    this.#skipContinuation();
    while (digitOf(this.#text.charCodeAt(this.#at)) !== -1) {
      let value = digitOf(this.#text.charCodeAt(this.#at));
      this.#at += 1;
      const low = digitOf(this.#text.charCodeAt(this.#at));
      if (low !== -1) {
        value = value * 16 + low;
        this.#at += 1;
      }
      if (length === bytes.length) bytes = Buffer.concat([bytes], bytes.length * 2);
      bytes[length] = value;
      length += 1;
      this.#skipContinuation();
      if (!this.take(',')) break;
      this.#skipContinuation();
    }
    return Buffer.from(bytes.subarray(0, length));
  }

  /** A hexadecimal number of at most 32 bits. */
  hexNumber(): number {
    const start = this.#at;
    let value = 0;
    for (;;) {
      const digit = digitOf(this.#text.charCodeAt(this.#at));
      if (digit === -1) break;
      value = value * 16 + digit;
      this.#at += 1;
      if (this.#at - start > 8) this.fail('a number of more than 8 hexadecimal digits', start);
    }
    if (this.#at === start) this.fail('a hexadecimal number is missing');
    return value;
  }

  #escaped(): string {
    const start = this.#at;
    this.#at += 1;
    const { next } = this;
    this.#at += 1;
    // The last three are Wine's.
    const known: Readonly<Record<string, string>> = { '\\': '\\', '"': '"', n: '\n', r: '\r', '0': '\0' };
    return Object.hasOwn(known, next) ? (known[next] as string) : this.fail('an unknown escape', start);
  }

  /** Blanks; and where a line ends in a backslash, also that and the blanks the next one begins with. */
  #skipContinuation(): void {
    for (;;) {
      this.skipBlanks();
      const start = this.#at;
      if (!this.take('\\')) return;
      this.skipBlanks();
      if (this.next === ';') this.restOfLine();
      this.take('\r');
      if (!this.take('\n') && !this.isAtEnd) this.fail('a backslash that does not end the line', start);
    }
  }
}

/** Value of a hexadecimal digit; -1 for anything else. */
function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
