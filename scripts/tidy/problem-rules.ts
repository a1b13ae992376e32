import type { SourceText } from './source-text.ts';
import { isTest, type Violation } from './violation.ts';

/** A code that nothing raises; a test raising it does not count. */
export function findUnraised(codes: readonly string[], files: readonly SourceText[]): Violation[] {
  const raising = files.filter((file) => !file.path.startsWith('src/problems/') && !isTest(file.path));
  return codes
    .filter((code) => !raising.some((file) => file.text.includes(`'${code}'`) || file.text.includes(`[${code}]`)))
    .map((code) => ({ path: 'src/problems', line: 0, text: `${code} is raised nowhere` }));
}
