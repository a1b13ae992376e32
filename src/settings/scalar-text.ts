/** What YAML reads as something else, although it looks like a word. */
const WORDS_WITH_A_MEANING = new Set(['null', 'true', 'false', 'yes', 'no', 'on', 'off']);

/** A value as it stands in a settings file. JSON is YAML; plain words and paths need no quotes. */
export function scalarText(value: unknown): string {
  const isPlain = typeof value === 'string' && /^[a-z/][\w/.-]*$/.test(value) && !WORDS_WITH_A_MEANING.has(value);
  return isPlain ? value : JSON.stringify(value);
}
