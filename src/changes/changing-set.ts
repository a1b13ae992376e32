import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { type ProtectedFolder, type ProtectedSet, protectedSet } from './protected-set.ts';

/** Include and exclude patterns as the settings have them. */
export interface Patterns {
  readonly include: readonly ByteString[];
  readonly exclude: readonly ByteString[];
}

/** As the text of the settings has them. */
export function patternsOf(text: {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}): Patterns {
  return { include: text.include.map(fromText), exclude: text.exclude.map(fromText) };
}

/** The protected set of one server, which may become another one while it runs. Whoever holds it sees the one in force. */
export class ChangingSet implements ProtectedSet {
  readonly #accepted: (patterns: Patterns) => Patterns;
  #patterns: Patterns;
  #set: ProtectedSet;

  /** @param accepted - leaves out what this server refuses to protect. */
  constructor(patterns: Patterns, accepted: (patterns: Patterns) => Patterns = (same) => same) {
    this.#accepted = accepted;
    this.#patterns = accepted(patterns);
    this.#set = protectedSet(this.#patterns);
  }

  get patterns(): Patterns {
    return this.#patterns;
  }

  get folders(): readonly ProtectedFolder[] {
    return this.#set.folders;
  }

  get loneNames(): readonly ByteString[] {
    return this.#set.loneNames;
  }

  covers(path: ByteString, isFolder: boolean): boolean {
    return this.#set.covers(path, isFolder);
  }

  coversAllBelow(folder: ByteString): boolean {
    return this.#set.coversAllBelow(folder);
  }

  /** Another set is in force from now on. @returns the one before; null where the patterns are the same. */
  change(patterns: Patterns): ProtectedSet | null {
    const accepted = this.#accepted(patterns);
    if (isSame(accepted.include, this.#patterns.include) && isSame(accepted.exclude, this.#patterns.exclude))
      return null;
    const before = this.#set;
    this.#patterns = accepted;
    this.#set = protectedSet(accepted);
    return before;
  }
}

function isSame(one: readonly ByteString[], other: readonly ByteString[]): boolean {
  return one.length === other.length && one.every((pattern, index) => pattern === other[index]);
}
