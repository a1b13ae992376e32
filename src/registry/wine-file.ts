import { keyPath } from './key-path.ts';
import { RegSyntaxError } from './reg-syntax.ts';
import { RegistryTree, type RegistryValue, setValue } from './registry-tree.ts';
import { REG } from './value-type.ts';

/** One of the files in which Wine keeps the registry of a prefix. */
export interface WineFile {
  /** With full paths. A key that is only the way to others need not stand in the file; here it is. Links are left out. */
  readonly tree: RegistryTree;
  /** The key that all others are relative to: `HKEY_LOCAL_MACHINE`, or a user's. */
  readonly top: string;
}

/*
 *   WINE REGISTRY Version 2
 *   ;; All keys relative to REGISTRY\\Machine
 *
 *   [Software\\Acme] 1795342091          the path, escaped, and when it was changed
 *   #time=1dc1b2b3c4d5e6f                when, more exactly; #link: the key only leads to another one
 *   @="the default value"
 *   "name"=str(2):"%PATH%"               text of REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ without its last NUL
 *   "name"=dword:00000001
 *   "name"=hex(b):01,02,\                bytes, on several lines
 *     03
 *
 * Everything is ASCII: other characters stand as \xHHHH, control characters as in C.
 */

/** The key that has begun only leads to another one. */
export const LINK = '#link';

const HEADER = 'WINE REGISTRY Version 2';
const RELATIVE = /^;; All keys relative to (?:\\\\)?(?:REGISTRY\\\\)?(.*)$/;
const KEY = /^\[((?:[^\\\]]|\\[^])*)\](?: \d+)?$/;

/** What a line begins with, within a key: `"name"`, `@`, `#time`, `;`, or a blank where bytes go on. */
const WITHIN_KEY = new Set(['"', '@', '#', ';', ' ', '\r'].map((character) => character.charCodeAt(0)));

/**
 * @param wants - which keys to take; the others are passed over, and hardly looked at.
 * @throws RegSyntaxError with the first line that is wrong.
 */
export function readWineFile(bytes: Uint8Array, wants: (path: string) => boolean = () => true): WineFile {
  return new Reader(linesOf(bytes), wants).read();
}

export function linesOf(bytes: Uint8Array): string[] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\n');
}

/** The key that all others are relative to. @throws RegSyntaxError where these are not the first lines of such a file. */
export function topOf(lines: readonly string[]): string {
  const [header = '', relative = ''] = lines.slice(0, 2).map(withoutReturn);
  if (header !== HEADER) throw new RegSyntaxError(`the first line is not "${HEADER}"`, { line: 1, column: 1 });
  const top = hiveOf(RELATIVE.exec(relative)?.[1] ?? '');
  if (top === null) throw new RegSyntaxError('it says not which keys it holds', { line: 2, column: 1 });
  return top;
}

/** A line that ends as on Windows, as one that does not. */
export function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

class Reader {
  readonly #lines: readonly string[];
  readonly #tree = new RegistryTree();
  readonly #top: string;
  readonly #wants: (path: string) => boolean;
  /** Behind the two first. */
  #at = 2;
  /** Where values go; null where the key is none that is carried. */
  #key: string | null = null;

  constructor(lines: readonly string[], wants: (path: string) => boolean) {
    this.#lines = lines;
    this.#wants = wants;
    this.#top = topOf(lines);
  }

  read(): WineFile {
    while (this.#at < this.#lines.length) {
      const line = this.#next();
      if (line.startsWith('[')) this.#beginKey(line);
      else if (line === LINK) this.#passOver();
      else if (line !== '' && !line.startsWith('#') && !line.startsWith(';')) this.#value(line);
    }
    return { tree: this.#tree, top: this.#top };
  }

  #beginKey(line: string): void {
    const path = keyOfLine(line, this.#top) ?? this.#fail('a key without its closing bracket');
    if (!this.#wants(path)) return this.#skipKey();
    const named = keyPath(path);
    // Line breaks in names of keys are not carried.
    this.#key = 'path' in named ? named.path : null;
    if (this.#key !== null) this.#tree.ensureAll(this.#key);
  }

  #skipKey(): void {
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines[this.#at] ?? '';
      if (line.startsWith('[')) return;
      if (line !== '' && !WITHIN_KEY.has(line.charCodeAt(0))) {
        this.#at += 1;
        this.#fail('neither a key nor a value');
      }
    }
    if (this.#lines.at(-1) !== '') this.#fail('the file ends within a value');
  }

  /** The key that has just begun is no key of its own. */
  #passOver(): void {
    if (this.#key !== null) this.#tree.delete(this.#key);
    this.#key = null;
  }

  #value(line: string): void {
    const end = endOfName(line);
    if (end === -1) this.#fail('neither a key nor a value');
    const value = this.#valueOf(nameBefore(line, end), line.slice(end + 1));
    if (this.#key !== null) setValue(this.#tree.ensure(this.#key), value);
  }

  #valueOf(name: string, written: string): RegistryValue {
    const [kind = '', digits = ''] =
      /^(?:str\(([0-9a-f]{1,8})\):)?"|^dword:|^hex(?:\(([0-9a-f]{1,8})\))?:/.exec(written) ?? [];
    if (kind.endsWith('"')) {
      const end = closing(written, kind.length);
      if (end !== written.length - 1) this.#fail('something else behind the value');
      const data = Buffer.from(`${unescaped(written.slice(kind.length, end))}\0`, 'utf16le');
      return { name, type: kind === '"' ? REG.sz : Number.parseInt(digits, 16), data };
    }
    if (kind === 'dword:') return { name, type: REG.dword, data: this.#dword(written.slice(kind.length)) };
    if (!kind.startsWith('hex')) this.#fail('no value: neither text, dword: nor hex:');
    const type = kind === 'hex:' ? REG.binary : Number.parseInt(kind.slice('hex('.length), 16);
    return { name, type, data: this.#bytes(written.slice(kind.length)) };
  }

  #dword(digits: string): Buffer {
    if (!/^[0-9a-f]{1,8}$/.test(digits)) this.#fail('dword: without a hexadecimal number');
    const data = Buffer.alloc(4);
    data.writeUInt32LE(Number.parseInt(digits, 16));
    return data;
  }

  /** Goes over as many lines as end in a backslash. */
  #bytes(first: string): Buffer {
    const parts: string[] = [];
    let line = first;
    while (line.endsWith('\\')) {
      parts.push(line.slice(0, -1));
      line = this.#next().trimStart();
    }
    parts.push(line);
    const digits = parts.join('').replaceAll(',', '');
    if (!/^(?:[0-9a-f]{2})*$/.test(digits)) this.#fail('bytes that are no hexadecimal numbers');
    return Buffer.from(digits, 'hex');
  }

  #next(): string {
    const line = this.#lines[this.#at];
    if (line === undefined) this.#fail('the file ends within a value');
    this.#at += 1;
    return withoutReturn(line);
  }

  #fail(reason: string): never {
    throw new RegSyntaxError(reason, { line: Math.max(1, this.#at), column: 1 });
  }
}

/** The full path of the key that begins with this line, as it is written; null where none does. */
export function keyOfLine(line: string, top: string): string | null {
  const path = KEY.exec(line)?.[1];
  if (path === undefined) return null;
  return path === '' ? top : `${top}\\${unescaped(path)}`;
}

/** The name of the value that begins with this line; null where none does. */
export function nameOfLine(line: string): string | null {
  const end = endOfName(line);
  return end === -1 ? null : nameBefore(line, end);
}

/** The place of the equals sign behind the name of a value; -1 where the line has none. */
function endOfName(line: string): number {
  const end = line.startsWith('"') ? closing(line, 1) + 1 : line.startsWith('@') ? 1 : 0;
  return end > 0 && line.charAt(end) === '=' ? end : -1;
}

function nameBefore(line: string, end: number): string {
  return line.startsWith('@') ? '' : unescaped(line.slice(1, end - 1));
}

/** `Machine` and `User\\X` by the names that keys have; null for others. */
function hiveOf(path: string): string | null {
  const [first = '', ...names] = unescaped(path).split('\\');
  const hive = { MACHINE: 'HKEY_LOCAL_MACHINE', USER: 'HKEY_USERS' }[first.toUpperCase()];
  return hive === undefined ? null : [hive, ...names].join('\\');
}

/** The place of the next quotation mark that is not escaped; -1 where there is none. */
function closing(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at !== -1; at = line.indexOf('"', at + 1)) {
    let before = at;
    while (line.charAt(before - 1) === '\\' && before > from) before -= 1;
    if ((at - before) % 2 === 0) return at;
  }
  return -1;
}

const CONTROLS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,4})|([0-7]{1,3})|([^]))/g,
    (_, hex: string | undefined, octal: string | undefined, plain: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return CONTROLS[plain ?? ''] ?? plain ?? '';
    },
  );
}
