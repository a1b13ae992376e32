import { fold } from './key-path.ts';
import type { RegistryKey, RegistryTree } from './registry-tree.ts';
import type { WineFile } from './wine-file.ts';

/** In a prefix. The first has HKEY_LOCAL_MACHINE, the others have the users. */
export const WINE_FILES = { machine: 'system.reg', user: 'user.reg', otherUsers: 'userdef.reg' } as const;

type Aliases = readonly (readonly [alias: string, at: string])[];

/** Where the hives are that are only another name for a part of others. */
const ALIASES: Aliases = [
  ['HKEY_CLASSES_ROOT', 'HKEY_LOCAL_MACHINE\\Software\\Classes'],
  ['HKEY_CURRENT_CONFIG', 'HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Hardware Profiles\\Current'],
];

const OF_USERS = /^HKEY_(?:CURRENT_USER|USERS)(?:\\|$)/;

/** Does it stand in the files of the users? */
export function isOfUsers(path: string): boolean {
  return OF_USERS.test(path);
}

/** How keys that have several names stand in a prefix's files. */
export class WineHives {
  readonly #aliases: Aliases;

  /** @param userTop - the key of the prefix's user; null where nothing is known of it. */
  constructor(userTop: string | null) {
    this.#aliases = userTop === null ? ALIASES : [...ALIASES, ['HKEY_CURRENT_USER', userTop]];
  }

  /** The path by which the key stands in its file. */
  pathInFile(path: string): string {
    const hive = hiveOf(path);
    const at = this.#aliases.find(([alias]) => alias === hive)?.[1] ?? hive;
    return at + path.slice(hive.length);
  }

  /** Takes the key and all below it from what a file holds, by the name that is asked for. */
  take(into: RegistryTree, path: string, from: RegistryTree): void {
    const at = this.pathInFile(path);
    const hive = hiveOf(path);
    const hiveLength = at.length - path.length + hive.length;
    const top = from.get(at);
    const keys: RegistryKey[] = [...(top === undefined ? [] : [top]), ...from.below(at)];
    for (const found of keys) {
      const key = into.ensureAll(hive + found.path.slice(hiveLength));
      for (const [folded, value] of found.values) key.values.set(folded, value);
    }
  }
}

/** Of these files, the one that the key belongs to. @param path - as it stands in the file. */
export function fileOf<File extends Pick<WineFile, 'top'>>(path: string, files: readonly File[]): File | undefined {
  return files.find(({ top }) => isAtOrBelow(fold(path), fold(top)));
}

/** Both paths folded. */
export function isAtOrBelow(path: string, top: string): boolean {
  return path.startsWith(top) && (path.length === top.length || path.charAt(top.length) === '\\');
}

function hiveOf(path: string): string {
  return path.split('\\', 1)[0] ?? '';
}
