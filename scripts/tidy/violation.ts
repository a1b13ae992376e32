/** One place that breaks a rule. */
export interface Violation {
  readonly path: string;
  /** 0 where it is about the whole file or folder. */
  readonly line: number;
  readonly text: string;
}

/** A test, or (`*.testing.ts`) what tests of one folder share. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.endsWith('.testing.ts');
}

/** The folder of `src` a file belongs to; null outside `src`, empty for a file that lies in `src` itself. */
export function moduleOf(path: string): string | null {
  if (!path.startsWith('src/')) return null;
  const parts = path.split('/');
  return parts.length > 2 ? (parts[1] ?? '') : '';
}
