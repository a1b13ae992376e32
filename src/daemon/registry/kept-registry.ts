import type { ByteFiles } from '../../kernel/byte-files.ts';
import type { RegistryEdit } from '../../registry/registry-edit.ts';
import { writeReg } from '../../registry/reg-writer.ts';

const MODE = 0o600;
const FILES_MAX = 200;

/** What was replaced or taken away in the passive server's registries, as `.reg` files in a folder; the oldest go first. */
export class KeptRegistry {
  readonly #files: ByteFiles;
  readonly #folder: string;
  readonly #wallMs: () => number;

  constructor(options: { files: ByteFiles; folder: string; wallMs: () => number }) {
    this.#files = options.files;
    this.#folder = options.folder;
    this.#wallMs = options.wallMs;
  }

  /** Durable on return. @returns where it is. @throws FileError */
  keep(store: string, edits: readonly RegistryEdit[]): string {
    this.#files.makeFolder(this.#folder, 0o700);
    const moment = new Date(this.#wallMs()).toISOString().replaceAll(':', '-');
    const file = `${this.#folder}/${moment}-${store}.reg`;
    this.#files.write(file, writeReg(edits, 'utf-16le'), MODE);
    const kept = this.#files.list(this.#folder);
    for (const old of kept.slice(0, Math.max(0, kept.length - FILES_MAX))) this.#files.remove(`${this.#folder}/${old}`);
    return file;
  }
}
