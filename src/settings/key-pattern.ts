const HIVES = [
  'HKLM',
  'HKU',
  'HKCU',
  'HKCR',
  'HKCC',
  'HKEY_LOCAL_MACHINE',
  'HKEY_USERS',
  'HKEY_CURRENT_USER',
  'HKEY_CLASSES_ROOT',
  'HKEY_CURRENT_CONFIG',
];
const SHORT_NAMES = 5;
const LENGTH_MAX = 4096;
const NAME_LENGTH_MAX = 255;

/**
 * Why the text can't be a pattern over registry keys; null where it can. `*` stands for anything within a name, a
 * whole name `**` for any number of keys.
 */
export function keyPatternFault(pattern: string): string | null {
  const [hive = '', ...names] = pattern.split('\\');
  if (!HIVES.includes(hive.toUpperCase())) return `must begin with a hive: ${HIVES.slice(0, SHORT_NAMES).join(', ')}`;
  if (names.length === 0) return 'must name a key in the hive, as in HKLM\\Software\\Acme\\**';
  if (pattern.length > LENGTH_MAX) return `must be at most ${LENGTH_MAX} characters long`;
  if (names.some((name) => name === '')) return 'must not hold \\\\, nor end with \\';
  if (names.some((name) => name.length > NAME_LENGTH_MAX))
    return `must have names of at most ${NAME_LENGTH_MAX} characters`;
  if (/[\0\r\n]/.test(pattern)) return 'must not hold line breaks or NUL characters';
  return names.some((name) => name.includes('**') && name !== '**') ? 'must have `**` only as a whole name' : null;
}

/** The same over paths of files, where it means what it means over keys: what differs in case only is the same key. Pure. */
export function keyPatternAsPath(pattern: string): string {
  const [hive = '', ...names] = Array.from(pattern, upperCaseOf).join('').split('\\');
  const short = HIVES[HIVES.indexOf(hive) % SHORT_NAMES] ?? hive;
  return `/${[short, ...names].join('/')}`;
}

/** What has a meaning in a path, and none in a key, stands for itself as a control character. */
function upperCaseOf(character: string): string {
  if (character === '/' || character === '?') return String.fromCharCode(character.charCodeAt(0) - 0x20);
  const upper = character.toUpperCase();
  return upper.length === character.length ? upper : character;
}
