const LINE_LENGTH_MAX = 500;

/** The last lines of a text that say something, each cut where it is long. */
export function lastLines(text: string, count: number): string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines
    .filter((line) => line !== '')
    .slice(-count)
    .map((line) => line.slice(0, LINE_LENGTH_MAX));
}
