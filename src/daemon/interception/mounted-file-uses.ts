import type { ByteString } from '../../kernel/byte-string.ts';
import type { FileUse, FileUses } from '../../kernel/file-use.ts';
import { type Files, Stat } from '../../kernel/files.ts';
import type { MountOpeners } from './mount-openers.ts';

/**
 * Whether a file is in use, also through the mount over it. Whoever reads there has it open underneath by way of this
 * process, which the kernel counts as a reader like any other.
 */
export class MountedFileUses implements FileUses {
  readonly #underneath: FileUses;
  readonly #openers: Pick<MountOpeners, 'useOf'>;
  readonly #files: Pick<Files, 'stat' | 'statAt'>;
  readonly #stat = new Stat();

  constructor(underneath: FileUses, openers: Pick<MountOpeners, 'useOf'>, files: Pick<Files, 'stat' | 'statAt'>) {
    this.#underneath = underneath;
    this.#openers = openers;
    this.#files = files;
  }

  useOf(folder: number, name: ByteString, forWriting: boolean): FileUse | null {
    const use = this.#underneath.useOf(folder, name, forWriting);
    if (isSettled(use) || !this.#files.statAt(folder, name, this.#stat)) return use;
    return this.#openers.useOf(this.#stat, forWriting) ?? use;
  }

  useOfOpened(file: number, forWriting: boolean): FileUse | null {
    const use = this.#underneath.useOfOpened(file, forWriting);
    if (isSettled(use)) return use;
    this.#files.stat(file, this.#stat);
    return this.#openers.useOf(this.#stat, forWriting) ?? use;
  }
}

/** Whoever only reads may have locked it through the mount, or execute it. */
function isSettled(use: FileUse | null): boolean {
  return use !== null && use !== 'read';
}
