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
    const name = `${moment}-${store}.reg`;
    const file = `${this.#folder}/${name}`;
    this.#files.write(file, writeReg(edits, 'utf-16le'), MODE);
    // A clock that was set back makes it look like the oldest.
    const others = this.#files.list(this.#folder).filter((one) => one !== name);
    for (const old of others.slice(0, Math.max(0, others.length + 1 - FILES_MAX))) {
      this.#files.remove(`${this.#folder}/${old}`);
    }
    return file;
  }
}
