import { hexKind, hexLines } from './hex-lines.ts';
import { fold, parentOf } from './key-path.ts';
import type { RegistryEdit } from './registry-edit.ts';
import { RegistryTree, type RegistryValue } from './registry-tree.ts';
import { isEndedText, REG, TEXT_TYPES } from './value-type.ts';
import { keyOfLine, LINK, nameOfLine, readWineFile } from './wine-file.ts';

/** One key of the file. */
interface Section {
  /** Its path, and when it was changed. */
  heading: string;
  /** What is said of the key itself: `#time=…`, `#link`. */
  marks: string[];
  /** Lines by folded names. */
  readonly values: Map<string, string[]>;
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
  /** All keys, also those without a section; without values. */
  readonly #keys = new RegistryTree();
  readonly #seconds: number;

  /** @param options.wallMs - the time at which keys are said to have changed. @throws RegSyntaxError with the first line that is wrong. */
  constructor({ name, bytes, wallMs }: { readonly name: string; readonly bytes: Uint8Array; readonly wallMs: number }) {
    this.name = name;
    this.#seconds = Math.floor(wallMs / 1000);
    this.top = readWineFile(bytes).top;
    let lines = this.#beginning;
    let section: Section | null = null;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    for (const line of text.split(/\r?\n/)) {
      const path = keyOfLine(line, this.top);
      const value = nameOfLine(line);
      if (path !== null) {
        section = this.#section(path, line);
        lines = section.marks;
        continue;
      }
      if (value !== null && section !== null) section.values.set(fold(value), (lines = []));
      if (line !== '' || section === null) lines.push(line);
    }
  }

  get bytes(): Buffer {
    const lines = [...this.#beginning];
    for (const { heading, marks, values } of this.#sections.values()) {
      lines.push(heading, ...marks);
      for (const value of values.values()) lines.push(value.join('\n'));
      lines.push('');
    }
    return Buffer.from(lines.join('\n'), 'latin1');
  }

  /** Does nothing where a key on the way is a link: what it leads to stands elsewhere. */
  carryOut(edit: RegistryEdit): void {
    if (this.#isBehindLink(edit.key)) return;
    switch (edit.kind) {
      case 'key':
        this.#ensure(edit.key);
        break;
      case 'deleteKey':
        this.#delete(edit.key);
        break;
      case 'set':
        this.#ensure(edit.key);
        this.#changed(edit.key).set(fold(edit.value.name), valueLines(edit.value));
        break;
      case 'unset':
        if (this.#sections.has(fold(edit.key))) this.#changed(edit.key).delete(fold(edit.name));
    }
  }

  #isBehindLink(path: string): boolean {
    for (let key: string | null = path; key !== null; key = parentOf(key)) {
      if (this.#sections.get(fold(key))?.marks.includes(LINK) === true) return true;
    }
    return false;
  }

  #section(path: string, heading = this.#headingOf(path)): Section {
    const known = this.#sections.get(fold(path));
    if (known !== undefined) return known;
    const section: Section = { heading, marks: [], values: new Map() };
    this.#sections.set(fold(path), section);
    this.#keys.ensureAll(path);
    return section;
  }

  #ensure(path: string): void {
    if (this.#keys.get(path) === undefined) this.#section(path);
  }

  /** The key above stays, also where it stood in the file only as the way to this one. */
  #delete(path: string): void {
    const above = parentOf(path);
    if (this.#keys.get(path) === undefined || above === null) return;
    for (const key of [path, ...this.#keys.below(path).map((below) => below.path)]) this.#sections.delete(fold(key));
    this.#keys.delete(path);
    if (above.length > this.top.length) this.#section(above);
  }

  /** The values of a key that is changed now. */
  #changed(path: string): Map<string, string[]> {
    const section = this.#section(path);
    section.heading = section.heading.replace(/\](?: \d+)?$/, `] ${this.#seconds}`);
    section.marks = section.marks.filter((mark) => !mark.startsWith('#time='));
    return section.values;
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
