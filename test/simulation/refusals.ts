import fs from 'node:fs';
import { FileError } from '../../src/kernel/files.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

const CALLS = [
  'openFolderAt',
  'openAt',
  'list',
  'listInto',
  'statAt',
  'read',
  'readLinkAt',
  'openUnnamed',
  'write',
  'setSize',
  'makeFolderAt',
  'symlinkAt',
  'linkAt',
  'renameAt',
  'renameNewAt',
  'unlinkAt',
  'removeFolderAt',
  'setMode',
  'setModeAt',
  'setOwner',
  'setOwnerAt',
  'setMtime',
  'setMtimeAt',
] as const;
const REFUSED_MAX = 3;

/** Calls that the disk under a tree refuses for now, whatever server uses it. */
export class Refusals {
  readonly #root: string;
  readonly #refused = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** One more call, or none any more. @returns what, in words. */
  act(random: SeededRandom): string {
    const call = random.pick(CALLS) ?? '';
    if (this.#refused.size >= REFUSED_MAX || random.chance(0.3)) this.end();
    else this.#refused.add(call);
    return [...this.#refused].join(', ') || 'nothing';
  }

  end(): void {
    this.#refused.clear();
  }

  /** @throws FileError EIO where the call is refused. */
  expect(call: string, values: readonly unknown[]): void {
    if (!this.#refused.has(call)) return;
    const path = pathOf(values[0]);
    if (path.startsWith(this.#root)) throw new FileError({ code: 'EIO', call, path });
  }
}

/** Of what a call is about: an open file or folder, or a name in one. */
function pathOf(about: unknown): string {
  const isNameAt = typeof about === 'object' && about !== null && 'folder' in about;
  const descriptor = isNameAt ? about.folder : about;
  return typeof descriptor === 'number' ? fs.readlinkSync(`/proc/self/fd/${String(descriptor)}`) : '';
}
