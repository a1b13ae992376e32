/**
 * One source file as the rules see it: `code` is as long as `text`, with every comment and the inside
 * of every string, template and regular expression blanked, so that a rule can't be fooled by words
 * in prose. Line breaks stay.
 */
export interface SourceText {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly code: string;
}

export function sourceText(path: string, text: string): SourceText {
  return { path, text, code: new Scanner(text).blanked() };
}

/** 1 for the first line. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

const WORD = /[\w$]/;
/** After these a `/` begins a regular expression, although they look like a value. */
const BEFORE_EXPRESSION = new Set(
  'return typeof case in of delete void throw new else do instanceof yield await'.split(' '),
);

/** Knows just enough of the language to tell code from comments, strings, templates and regular expressions. */
class Scanner {
  readonly #text: string;
  readonly #kept: string[];
  #at = 0;
  /** The last word or character of code that was not a space. */
  #previous = '';
  /** For every template whose `${` is open: how many braces are open inside. */
  readonly #braces: number[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#kept = text.replace(/[^\n]/g, ' ').split('');
  }

  blanked(): string {
    while (this.#at < this.#text.length) this.#step();
    return this.#kept.join('');
  }

  #step(): void {
    const text = this.#text;
    const char = text[this.#at] ?? '';
    const two = text.slice(this.#at, this.#at + 2);
    if (two === '//') this.#skipTo(text.indexOf('\n', this.#at));
    else if (two === '/*') this.#skipTo(text.indexOf('*/', this.#at + 2), 2);
    else if (char === "'" || char === '"') this.#quoted(char);
    else if (char === '`') this.#template();
    else if (char === '/' && this.#expectsExpression() && this.#regex()) return;
    else if (char === '}' && this.#braces.at(-1) === 0) {
      this.#braces.pop();
      this.#template();
    } else this.#keepCode(char);
  }

  #keepCode(char: string): void {
    const depth = this.#braces.length - 1;
    if (depth >= 0 && char === '{') this.#braces[depth] = (this.#braces[depth] ?? 0) + 1;
    if (depth >= 0 && char === '}') this.#braces[depth] = (this.#braces[depth] ?? 0) - 1;
    if (WORD.test(char)) {
      const start = this.#at;
      while (this.#at < this.#text.length && WORD.test(this.#text[this.#at] ?? '')) this.#keep();
      this.#previous = this.#text.slice(start, this.#at);
      return;
    }
    if (char.trim() !== '') this.#previous = char;
    this.#keep();
  }

  #keep(): void {
    this.#kept[this.#at] = this.#text[this.#at] ?? '';
    this.#at++;
  }

  #skipTo(end: number, more = 0): void {
    this.#at = end === -1 ? this.#text.length : end + more;
  }

  #quoted(quote: string): void {
    this.#keep();
    while (this.#at < this.#text.length && this.#text[this.#at] !== quote && this.#text[this.#at] !== '\n') {
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    }
    if (this.#at < this.#text.length) this.#keep();
    this.#previous = ')';
  }

  /** From an opening backtick, or from the `}` that ends a `${`. */
  #template(): void {
    this.#keep();
    while (this.#at < this.#text.length) {
      if (this.#text[this.#at] === '\\') this.#at += 2;
      else if (this.#text[this.#at] === '`') {
        this.#keep();
        this.#previous = ')';
        return;
      } else if (this.#text.startsWith('${', this.#at)) {
        this.#keep();
        this.#keep();
        this.#braces.push(0);
        this.#previous = '{';
        return;
      } else this.#at++;
    }
  }

  #expectsExpression(): boolean {
    if (BEFORE_EXPRESSION.has(this.#previous)) return true;
    return this.#previous === '' || (!WORD.test(this.#previous) && !')]}'.includes(this.#previous));
  }

  /** False where the `/` turns out not to begin a regular expression: it does not close on its line. */
  #regex(): boolean {
    let inClass = false;
    for (let at = this.#at + 1; at < this.#text.length && this.#text[at] !== '\n'; at++) {
      const char = this.#text[at];
      if (char === '\\') at++;
      else if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      else if (char === '/' && !inClass) {
        this.#keep();
        this.#at = at;
        this.#keep();
        this.#previous = ')';
        return true;
      }
    }
    return false;
  }
}
