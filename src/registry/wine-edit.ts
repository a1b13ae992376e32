import { hexKind, hexLines } from './hex-lines.ts';
import { fold, parentOf } from './key-path.ts';
import type { RegistryEdit } from './registry-edit.ts';
import { RegistryTree, type RegistryValue } from './registry-tree.ts';
import { isEndedText, REG, TEXT_TYPES } from './value-type.ts';
import { keyOfLine, linesOf, LINK, nameOfLine, topOf, withoutReturn } from './wine-file.ts';
import { isAtOrBelow } from './wine-hives.ts';
import { RegSyntaxError } from './reg-syntax.ts';

/** One key of the file. */
class Section {
  /** Its path, and when it was changed. */
  heading: string;
  /** As they stand in the file; empty once {@link values} were asked for. */
  readonly lines: string[] = [];
  /** What is said of the key itself: `#time=…`, `#link`. */
  #marks: string[] = [];
  #values: Map<string, string[]> | null = null;

  constructor(heading: string) {
    this.heading = heading;
  }

  get isLink(): boolean {
    return this.lines.includes(LINK) || this.#marks.includes(LINK);
  }

  /** Lines of values by their folded names. */
  get values(): Map<string, string[]> {
    if (this.#values !== null) return this.#values;
    const values = new Map<string, string[]>();
    let lines = this.#marks;
    for (const line of this.lines.splice(0)) {
      const name = nameOfLine(line);
      if (name !== null) values.set(fold(name), (lines = []));
      lines.push(line);
    }
    this.#values = values;
    return values;
  }

  changed(seconds: number): void {
    this.heading = this.heading.replace(/\](?: \d+)?$/, `] ${seconds}`);
    this.#marks = this.#marks.filter((mark) => !mark.startsWith('#time='));
  }

  writeTo(lines: string[]): void {
    lines.push(this.heading);
    for (const part of [this.lines, this.#marks, ...(this.#values?.values() ?? [])]) {
      if (part.length > 0) lines.push(part.join('\n'));
    }
    lines.push('');
  }
}

/**
 * Changes one of the files in which Wine keeps a registry: what is not changed stays as it stands, also what this
 * program knows nothing of. Only for a prefix in which no Wine runs, which would save its own over it.
 */
export class WineFileEditor {
  /** Of the file. */
  readonly name: string;
  /** The key that all others are relative to. */
  readonly top: string;
  /** What stands before the first key. */
  readonly #beginning: string[] = [];
  /** By folded paths. A key that is only the way to others needs none. */
  readonly #sections = new Map<string, Section>();
  readonly #paths: string[] = [];
  readonly #links: string[] = [];
  readonly #seconds: number;
  /** All keys, also those without a section; without values. Made when it is asked for. */
  #keys: RegistryTree | null = null;

  /** @param options.wallMs - the time at which keys are said to have changed. @throws RegSyntaxError */
  constructor({ name, bytes, wallMs }: { readonly name: string; readonly bytes: Uint8Array; readonly wallMs: number }) {
    this.name = name;
    this.#seconds = Math.floor(wallMs / 1000);
    const all = linesOf(bytes);
    this.top = topOf(all);
    let lines = this.#beginning;
    for (const [index, read] of all.entries()) {
      const line = withoutReturn(read);
      if (line.startsWith('[')) {
        const path = keyOfLine(line, this.top);
        if (path === null)
          throw new RegSyntaxError('a key without its closing bracket', { line: index + 1, column: 1 });
        ({ lines } = this.#section(path, line));
      } else if (line !== '' || lines === this.#beginning) lines.push(line);
    }
    for (const [folded, section] of this.#sections) if (section.isLink) this.#links.push(folded);
  }

  get bytes(): Buffer {
    const lines = [...this.#beginning];
    for (const section of this.#sections.values()) section.writeTo(lines);
    return Buffer.from(lines.join('\n'), 'latin1');
  }

  /** Does nothing where a key on the way is a link: what it leads to stands elsewhere. */
  carryOut(edit: RegistryEdit): void {
    if (this.#links.some((link) => isAtOrBelow(fold(edit.key), link))) return;
    switch (edit.kind) {
      case 'key':
        if (!this.#has(edit.key)) this.#section(edit.key);
        break;
      case 'deleteKey':
        this.#delete(edit.key);
        break;
      case 'set':
        this.#changed(edit.key).set(fold(edit.value.name), valueLines(edit.value));
        break;
      case 'unset':
        if (this.#sections.has(fold(edit.key))) this.#changed(edit.key).delete(fold(edit.name));
    }
  }

  #section(path: string, heading = this.#headingOf(path)): Section {
    const known = this.#sections.get(fold(path));
    if (known !== undefined) return known;
    const section = new Section(heading);
    this.#sections.set(fold(path), section);
    this.#keys?.ensureAll(path);
    this.#paths.push(path);
    return section;
  }

  /** Also where it only leads to others. */
  #has(path: string): boolean {
    return this.#sections.has(fold(path)) || this.#allKeys().get(path) !== undefined;
  }

  #allKeys(): RegistryTree {
    if (this.#keys !== null) return this.#keys;
    this.#keys = new RegistryTree();
    for (const path of this.#paths) this.#keys.ensureAll(path);
    return this.#keys;
  }

  /** The key above stays, also where it stood in the file only as the way to this one. */
  #delete(path: string): void {
    const above = parentOf(path);
    if (above === null || !this.#has(path)) return;
    const keys = this.#allKeys();
    for (const key of [path, ...keys.below(path).map((below) => below.path)]) this.#sections.delete(fold(key));
    keys.delete(path);
    if (above.length > this.top.length) this.#section(above);
  }

  /** The values of a key that is changed now. */
  #changed(path: string): Map<string, string[]> {
    const section = this.#section(path);
    const { values } = section;
    section.changed(this.#seconds);
    return values;
  }

  #headingOf(path: string): string {
    return `[${escaped(path.slice(this.top.length + 1), '[]')}] ${this.#seconds}`;
  }
}

function valueLines({ name, type, data }: RegistryValue): string[] {
  const start = name === '' ? '@=' : `"${escaped(name, '"')}"=`;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (TEXT_TYPES.has(type) && isEndedText(data)) {
    const kind = type === REG.sz ? '' : `str(${type}):`;
    return [`${start}${kind}"${escaped(bytes.toString('utf16le').slice(0, -1), '"')}"`];
  }
  if (type === REG.dword && data.length === 4) {
    return [`${start}dword:${bytes.readUInt32LE().toString(16).padStart(8, '0')}`];
  }
  return hexLines(`${start}${hexKind(type)}`, data).map((line, index, all) =>
    index < all.length - 1 ? `${line}\\` : line,
  );
}

/** @param special - what has a meaning there. */
function escaped(text: string, special: '"' | '[]'): string {
  let written = '';
  for (let at = 0; at < text.length; at += 1) {
    const [character, code] = [text.charAt(at), text.charCodeAt(at)];
    if (code < 0x20 || code > 0x7e) written += `\\x${code.toString(16).padStart(4, '0')}`;
    else written += character === '\\' || special.includes(character) ? `\\${character}` : character;
  }
  return written;
}
