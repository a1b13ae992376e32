/**
 * Holds the rules of the house that no other tool knows: who may import whom, which calls are for
 * `src/system`, sizes, names, leftovers. Prints each place that breaks one; exit status 1 if any does.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../src/problems/catalogue.ts';
import { checkImports, findCycles } from './tidy/import-rules.ts';
import { FOLDERS } from './tidy/import-table.ts';
import { findUnraised } from './tidy/problem-rules.ts';
import { type SourceText, sourceText } from './tidy/source-text.ts';
import { checkText } from './tidy/text-rules.ts';
import type { Violation } from './tidy/violation.ts';

/** Fewer mean that the search itself is broken. */
export const FILES_MIN = 50;

export function tidy(files: readonly SourceText[], filesMin = FILES_MIN): Violation[] {
  const found = files.flatMap((file) => [...checkImports(file), ...checkText(file)]);
  found.push(...findCycles(files));
  if (files.length < filesMin) {
    found.push({
      path: '.',
      line: 0,
      text: `only ${files.length} files were found: the search looks at the wrong place`,
    });
  }
  return found;
}

/** The table in `docs/architecture.md` must name the same folders as the one that is enforced. */
export function checkMap(architecture: string): Violation[] {
  const rows = architecture.split('\n').filter((line) => /^\| \d \|/.test(line));
  const named = new Set(rows.flatMap((row) => [...(row.split('|')[2] ?? '').matchAll(/`(\w+)`/g)].map((m) => m[1])));
  const missing = Object.keys(FOLDERS).filter((folder) => !named.has(folder));
  const unknown = [...named].filter((folder) => !Object.hasOwn(FOLDERS, folder ?? ''));
  return [
    ...missing.map((folder) => ({ path: 'docs/architecture.md', line: 0, text: `the table lacks ${folder}` })),
    ...unknown.map((folder) => ({ path: 'scripts/tidy/import-table.ts', line: 0, text: `the table lacks ${folder}` })),
  ];
}

function main(): void {
  const root = join(import.meta.dirname, '..');
  const read = (path: string): SourceText => sourceText(path, readFileSync(join(root, path), 'utf8'));
  const paths = globSync(['{src,test,bench,scripts}/**/*.ts', '*.ts'], { cwd: root });
  const files = paths.sort().map(read);
  const found = tidy(files);
  found.push(...checkMap(readFileSync(join(root, 'docs/architecture.md'), 'utf8')));
  found.push(...findUnraised(Object.keys(CATALOGUE), [...files, read('bin/pinned-node')]));
  for (const one of found) {
    const place = one.line === 0 ? one.path : `${one.path}:${one.line}`;
    process.stdout.write(`${place}: ${one.text}\n`);
  }
  process.stdout.write(`${files.length} files, ${found.length} violations\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

if (import.meta.main) main();
