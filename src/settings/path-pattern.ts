/**
 * Include and exclude patterns as text: `*` stands for anything within a component, a whole component
 * `**` for any number of folders. What is decided here needs no file system.
 */
const PATTERN_LENGTH_MAX = 4096;

/** Why the text can't be an include or exclude pattern; null when it can. */
export function patternFault(pattern: string): string | null {
  const fault = pathFault(pattern);
  if (fault !== null) return fault;
  const parts = pattern.slice(1).split('/');
  if (parts.some((part) => part.includes('**') && part !== '**')) {
    return 'must have `**` only as a whole component, as in /srv/**/x';
  }
  return null;
}

/** Why the text can't be an absolute path; null when it can. */
export function pathFault(path: string): string | null {
  if (!path.startsWith('/')) return 'must be absolute: begin with /';
  if (path.length > PATTERN_LENGTH_MAX) return `must be at most ${PATTERN_LENGTH_MAX} characters long`;
  if (path.includes('\0')) return 'must not hold a NUL character';
  if (path === '/') return null;
  if (path.endsWith('/')) return 'must not end with /';
  const parts = path.slice(1).split('/');
  return parts.some((part) => part === '' || part === '.' || part === '..') ? 'must not hold //, . or ..' : null;
}

/**
 * The folder that must be looked at to protect what an include names: its longest prefix without
 * wildcards, or the parent of an include without any.
 */
export function folderOf(include: string): string {
  const parts = include.slice(1).split('/');
  const wild = parts.findIndex((part) => part.includes('*'));
  return `/${parts.slice(0, wild === -1 ? -1 : wild).join('/')}`;
}

/** Is `path` the folder itself or below it? */
export function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

/** False where no path can match both patterns, by their prefixes without wildcards. */
export function mayMeet(pattern: string, other: string): boolean {
  const [one, two] = [fixedPart(pattern), fixedPart(other)];
  return isWithin(one, two) || isWithin(two, one);
}

/** Is there a path that both patterns match? `X/**` matches X, too. */
export function mayShare(pattern: string, other: string): boolean {
  const meets = (one: string, two: string): boolean =>
    one === two ||
    ((one.includes('*') || two.includes('*')) &&
      share(Array.from(one), Array.from(two), { any: '*', meets: (a, b) => a === b }));
  return share(pattern.slice(1).split('/'), other.slice(1).split('/'), { any: '**', meets });
}

/** Every way of laying the parts of both against each other, from the end: `any` stands for any number of parts. */
function share(
  ones: readonly string[],
  others: readonly string[],
  { any, meets }: { readonly any: string; readonly meets: (one: string, other: string) => boolean },
): boolean {
  // What is left of `ones` from this part on shares something with what is left of `others` from each part on.
  let rest = restOfNone(others, any);
  for (const one of ones.toReversed()) {
    const now: boolean[] = [];
    now[others.length] = one === any && rest[others.length] === true;
    for (let at = others.length - 1; at >= 0; at--) {
      const other = others[at] as string;
      if (one === any) now[at] = rest[at] === true || now[at + 1] === true;
      else if (other === any) now[at] = now[at + 1] === true || rest[at] === true;
      else now[at] = rest[at + 1] === true && meets(one, other);
    }
    rest = now;
  }
  return rest[0] === true;
}

/** Where nothing is left of the one side, only `any` may be left of the other. */
function restOfNone(parts: readonly string[], any: string): boolean[] {
  const rest = parts.map(() => false).concat(true);
  for (let at = parts.length - 1; at >= 0; at--) rest[at] = parts[at] === any && rest[at + 1] === true;
  return rest;
}

/** Does the pattern name everything in a folder, or the folder itself or one above it? */
export function coversWhole(exclude: string, folder: string): boolean {
  const rest = exclude.endsWith('/**') ? exclude.slice(0, -3) : exclude;
  return !rest.includes('*') && isWithin(folder, rest === '' ? '/' : rest);
}

/** Could an include name the folder or something in it? Yes, when in doubt. */
export function mayReach(include: string, folder: string): boolean {
  const pattern = include.slice(1).split('/');
  const target = folder.slice(1).split('/');
  for (const [index, part] of target.entries()) {
    const expected = pattern[index];
    // A pattern that ends above the folder names one item there, which may not be the folder's parent's content.
    if (expected === undefined) return false;
    if (expected === '**') return true;
    if (!matchesComponent(expected, part)) return false;
  }
  return true;
}

/** Does `outer` match all that `inner` matches? No, when in doubt. `X/**` matches X, too. */
export function containsPattern(outer: string, inner: string): boolean {
  const takes = (one: string, other: string): boolean => other !== '**' && containsComponent(one, other);
  return contains(outer.slice(1).split('/'), inner.slice(1).split('/'), { any: '**', takes });
}

/** A `*` of the inner one stands for anything, so only a `*` of the outer one takes it. */
function containsComponent(outer: string, inner: string): boolean {
  const takes = (one: string, other: string): boolean => other !== '*' && (one === '?' || one === other);
  return contains(Array.from(outer), Array.from(inner), { any: '*', takes });
}

/** Every way of laying the inner parts against the outer ones, from the end: `any` takes any number of them. */
function contains(
  outer: readonly string[],
  inner: readonly string[],
  { any, takes }: { readonly any: string; readonly takes: (one: string, other: string) => boolean },
): boolean {
  let rest = inner.map(() => false).concat(true);
  for (const part of outer.toReversed()) {
    const now = [...rest];
    for (let at = inner.length; at >= 0; at--) {
      const next = inner[at];
      const isTaken = next !== undefined && takes(part, next) && rest[at + 1] === true;
      now[at] = part === any ? rest[at] === true || (next !== undefined && now[at + 1] === true) : isTaken;
    }
    rest = now;
  }
  return rest[0] === true;
}

/** The longest part of a pattern that has no wildcard: everything it matches is there or below. */
export function fixedPart(pattern: string): string {
  return pattern.includes('*') ? folderOf(pattern) : pattern;
}

/** `*` within one component. */
export function matchesComponent(pattern: string, name: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return pattern === name;
  if (!name.startsWith(first)) return false;
  const last = pieces.at(-1) ?? '';
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
