import { assert } from '../kernel/assert.ts';
import type { ByteString } from '../kernel/byte-string.ts';

/** A folder under which something is protected: the longest wildcard-free prefix of an include. */
export interface ProtectedFolder {
  readonly path: ByteString;
  /** False where the folder only holds protected names (an include of one file), and is not an item itself. */
  readonly attributesCount: boolean;
}

/** Which paths are protected. Pure; the same on both servers, because both have the same pair settings. */
export interface ProtectedSet {
  /** None lies within another. */
  readonly folders: readonly ProtectedFolder[];
  /** Includes of one name, where nothing below it is an item: of a folder nothing that is in it is protected. */
  readonly loneNames: readonly ByteString[];
  /**
   * Is the path an item? Of a folder also when something below it may be one.
   * @param path - protected path, below or at one of the folders.
   */
  covers(path: ByteString, isFolder: boolean): boolean;
  /** Is everything below the folder an item, but for what lies in a folder `.understudy`? May say false when in doubt. */
  coversAllBelow(folder: ByteString): boolean;
}

/** Understudy's own folder beside what it protects; never protected itself. */
const OWN_FOLDER = '.understudy';
const ANY_DEPTH = '**';
const WILDCARD = /[*?]/;

/** An include, taken apart. */
interface Include {
  /** Path of the folder above the first wildcard, or above the one name. */
  readonly anchor: string;
  readonly single: boolean;
  /** Of a single one: that name. */
  readonly path: string;
  /** `anchor/**`: everything below the anchor. */
  readonly whole: boolean;
  /** Paths that match as a whole. */
  readonly item: RegExp;
  /** Paths of folders that match, or below which something may. */
  readonly folder: RegExp;
}

interface Exclude {
  /** What cannot be excluded does not begin with this. Without a slash at its end. */
  readonly prefix: string;
  /** Matches what is excluded and everything below it. */
  readonly pattern: RegExp;
  /** It is the one path that `prefix` is, with everything below. */
  readonly isOne: boolean;
}

/**
 * Makes the protected set from the patterns of the settings: absolute paths in which `*` and `?`
 * stand for any characters and one character within a name, and a component `**` for any number of
 * folders. `X/**` is X and everything below. An include without a wildcard is that one name.
 * An exclude wins, and takes with it everything below what it matches.
 */
export function protectedSet(patterns: {
  readonly include: readonly ByteString[];
  readonly exclude: readonly ByteString[];
}): ProtectedSet {
  const includes = patterns.include.map((pattern) => includeOf(pattern));
  const excludes = patterns.exclude.map((pattern) => excludeOf(pattern));
  const folders = foldersOf(includes).filter((folder) => !isExcluded(excludes, folder.path));
  const wholes = includes.filter((include) => include.whole).map((include) => below(include.anchor));
  const paths = new Set<string>(folders.map((folder) => folder.path));
  const coversBelow = (path: string): boolean => wholes.some((prefix) => path.startsWith(prefix));

  return {
    folders,
    loneNames: loneNamesOf(includes).filter((path) => !isExcluded(excludes, path)),
    covers(path, isFolder) {
      if (isOwn(path) || (excludes.length > 0 && isExcluded(excludes, path))) return false;
      for (const prefix of wholes) if (path.startsWith(prefix)) return true;
      if (isFolder && paths.has(path)) return true;
      for (const include of includes) if ((isFolder ? include.folder : include.item).test(path)) return true;
      return false;
    },
    coversAllBelow(folder) {
      const inside = below(folder);
      if (isOwn(folder) || !coversBelow(inside)) return false;
      return !excludes.some((exclude) => inside.startsWith(exclude.prefix) || exclude.prefix.startsWith(inside));
    },
  };
}

/**
 * Paths below the folder that are excluded by what they are called alone, without a wildcard: of a folder everything
 * below it is excluded, too, wherever else it is included. None lies within another.
 * @returns them without the folder's own path.
 */
export function excludedBelow(folder: ByteString, exclude: readonly ByteString[]): string[] {
  const inside = below(folder);
  const paths = exclude.map((pattern) => excludeOf(pattern)).filter(({ isOne }) => isOne);
  const found: string[] = [];
  for (const path of new Set(paths.map(({ prefix }) => prefix)).values()) {
    if (path.startsWith(inside) && path.length > inside.length) found.push(path.slice(inside.length));
  }
  return found.filter((path) => !found.some((other) => path.startsWith(below(other))));
}

function includeOf(pattern: ByteString): Include {
  const parts = componentsOf(pattern);
  const wild = parts.findIndex((part) => WILDCARD.test(part));
  const single = wild < 0;
  const anchor = pathOf(parts.slice(0, single ? Math.max(parts.length - 1, 0) : wild));
  const whole = wild === parts.length - 1 && parts[wild] === ANY_DEPTH;
  return { anchor, single, path: pathOf(parts), whole, item: itemPattern(parts), folder: folderPattern(parts) };
}

function excludeOf(pattern: ByteString): Exclude {
  const parts = componentsOf(pattern);
  const wild = parts.findIndex((part) => WILDCARD.test(part));
  const open = parts.at(-1) === ANY_DEPTH ? parts.slice(0, -1) : parts;
  const literal = pathOf(wild < 0 ? parts : parts.slice(0, wild));
  return {
    prefix: literal === '/' ? '' : literal,
    pattern: new RegExp(`^${bodyOf(open)}(?:/|$)`),
    isOne: !open.some((part) => WILDCARD.test(part)),
  };
}

/** The anchors, without those that lie in another. */
function foldersOf(includes: readonly Include[]): ProtectedFolder[] {
  const counts = new Map<string, boolean>();
  for (const { anchor, single } of includes) counts.set(anchor, (counts.get(anchor) ?? false) || !single);
  const folders: ProtectedFolder[] = [];
  for (const path of [...counts.keys()].sort((a, b) => a.length - b.length)) {
    if (folders.some((folder) => path.startsWith(below(folder.path)))) continue;
    const inWhole = includes.some((include) => include.whole && below(path).startsWith(below(include.anchor)));
    folders.push({ path: path as ByteString, attributesCount: inWhole || counts.get(path) === true });
  }
  return folders;
}

/** A pattern that leads below a name, or may, matches that on its way. */
function loneNamesOf(includes: readonly Include[]): ByteString[] {
  const singles = new Set(includes.filter(({ single }) => single).map(({ path }) => path));
  return [...singles].filter((name) =>
    includes.every(({ path, folder }) => path === name || !folder.test(name)),
  ) as ByteString[];
}

function isExcluded(excludes: readonly Exclude[], path: string): boolean {
  for (const exclude of excludes) if (path.startsWith(exclude.prefix) && exclude.pattern.test(path)) return true;
  return false;
}

function isOwn(path: string): boolean {
  for (let at = path.indexOf(`/${OWN_FOLDER}`); at >= 0; at = path.indexOf(`/${OWN_FOLDER}`, at + 1)) {
    const end = at + 1 + OWN_FOLDER.length;
    if (end === path.length || path[end] === '/') return true;
  }
  return false;
}

function componentsOf(pattern: ByteString): string[] {
  assert(pattern.startsWith('/'), `the pattern ${pattern} is absolute`);
  return pattern.split('/').filter((part) => part !== '');
}

function pathOf(parts: readonly string[]): string {
  return `/${parts.join('/')}`;
}

/** What every path below the folder begins with. */
function below(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}

function itemPattern(parts: readonly string[]): RegExp {
  if (parts.at(-1) !== ANY_DEPTH) return new RegExp(`^${bodyOf(parts)}$`);
  return new RegExp(`^${bodyOf(parts.slice(0, -1))}(?:/[^]*)?$`);
}

/** Matches every folder on the way to an item: each component may be the last. */
function folderPattern(parts: readonly string[]): RegExp {
  let pattern = '';
  for (const part of parts.toReversed()) {
    pattern = part === ANY_DEPTH ? '(?:/[^]*)?' : `(?:/${componentPattern(part)}${pattern})?`;
  }
  return new RegExp(`^(?:/|${pattern})$`);
}

function bodyOf(parts: readonly string[]): string {
  return parts.map((part) => (part === ANY_DEPTH ? '(?:/[^/]+)*' : `/${componentPattern(part)}`)).join('');
}

/** One character of UTF-8; a byte that is none counts as one. */
const CHARACTER = '(?:[^/\\x80-\\xff]|[\\xc0-\\xff][\\x80-\\xbf]{1,3}|[\\x80-\\xff])';

function componentPattern(part: string): string {
  return part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^/]*')
    .replace(/\?/g, CHARACTER);
}
