/** How a protected folder shrank. */
export interface Shrinking {
  /** Items it held. */
  readonly before: number;
  /** How many of these are gone. */
  readonly lost: number;
}

/**
 * Did a folder lose so much that somebody has to say that it is meant?
 * @param itemsMin - fewer lost items never count: small sets are emptied by ordinary work; null for never.
 */
export function isMassLoss({ before, lost }: Shrinking, itemsMin: number | null): boolean {
  return itemsMin !== null && lost >= itemsMin && lost * 2 > before;
}

/** Is so much of a lost folder there again that the rest may be taken for ordinary work? */
export function isBack({ here, there }: { readonly here: number; readonly there: number }): boolean {
  return there * 10 >= here * 9;
}

/** What tells a file system, and a folder on it, from others; each empty where that can't be told. */
export interface Place {
  readonly fileSystem: string;
  readonly identity: string;
}

/**
 * Is a protected folder on another file system than before? The id of a file system may change with
 * its device's number, but not together with the folder's own inode and time of birth.
 */
export function isElsewhere(before: Place, now: Place): boolean {
  if (before.fileSystem === '' || now.fileSystem === '' || before.fileSystem === now.fileSystem) return false;
  return before.identity === '' || before.identity !== now.identity;
}
