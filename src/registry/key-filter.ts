import { fold, keyPath } from './key-path.ts';

/**
 * Patterns over keys, as the settings have them: `*` stands for anything within a name, a whole name `**` for any
 * number of keys. `X\\**` is X and all below it. An exclude takes with it everything below what it matches.
 */
export interface KeyPatterns {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Which keys are protected, each with its values. Pure; the active server's patterns count on both. */
export class KeyFilter {
  readonly patterns: KeyPatterns;
  /** The longest parts without wildcards, none of which lies in another: everything protected is there or below. */
  readonly anchors: readonly string[];
  readonly #include: readonly RegExp[];
  readonly #exclude: readonly RegExp[];

  constructor(patterns: KeyPatterns) {
    this.patterns = patterns;
    this.#include = patterns.include.map((pattern) => matcherOf(pattern, ''));
    // An exclude takes with it everything below what it matches.
    this.#exclude = patterns.exclude.map((pattern) => matcherOf(pattern, '(?:\\\\[^]*)?'));
    this.anchors = outermost(patterns.include.map(anchorOf));
  }

  /** Is the key protected? A hive itself never is. */
  covers(path: string): boolean {
    if (!path.includes('\\')) return false;
    const folded = fold(path);
    return this.#include.some((one) => one.test(folded)) && !this.#exclude.some((one) => one.test(folded));
  }
}

/** The pattern with the hive's full name, in parts. */
function partsOf(pattern: string): string[] {
  const named = keyPath(pattern);
  return ('path' in named ? named.path : pattern).split('\\');
}

function matcherOf(pattern: string, tail: string): RegExp {
  const parts = partsOf(pattern);
  const open = parts.at(-1) === '**';
  const fixed = open ? parts.slice(0, -1) : parts;
  const [hive = '', ...names] = fixed.map((part) => (part === '**' ? '(?:\\\\[^\\\\]+)*' : `\\\\${nameMatcher(part)}`));
  return new RegExp(`^${hive.slice(2)}${names.join('')}${open ? '(?:\\\\[^]*)?' : tail}$`);
}

function nameMatcher(name: string): string {
  return fold(name)
    .replace(/[.+?^${}()|[\]]/g, '\\$&')
    .replaceAll('*', '[^\\\\]*');
}

function anchorOf(pattern: string): string {
  const parts = partsOf(pattern);
  const wild = parts.findIndex((part) => part.includes('*'));
  return parts.slice(0, wild === -1 ? parts.length : wild).join('\\');
}

function outermost(paths: readonly string[]): string[] {
  const found: string[] = [];
  for (const path of [...paths].sort((a, b) => a.length - b.length)) {
    const folded = fold(path);
    if (!found.some((one) => folded === fold(one) || folded.startsWith(`${fold(one)}\\`))) found.push(path);
  }
  return found;
}
