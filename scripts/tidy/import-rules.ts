import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { APART, FOLDERS, HARMLESS_BUILTINS, WRAPPERS } from './import-table.ts';
import { lineAt, type SourceText } from './source-text.ts';
import { isTest, moduleOf, type Violation } from './violation.ts';

/** One `import`, `export … from` or `import()`; of types only, too. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly kind: 'import' | 'export';
}

const STATIC = /\b(import|export)\b[^;'"`]*?\bfrom\s*(?=['"])/g;
const BARE_OR_DYNAMIC = /\b(import)\s*\(?\s*(?=['"`])/g;

export function importsOf(file: SourceText): Import[] {
  const found: Import[] = [];
  for (const pattern of [STATIC, BARE_OR_DYNAMIC]) {
    for (const match of file.code.matchAll(pattern)) {
      const open = match.index + match[0].length;
      const close = file.code.indexOf(file.code[open] ?? '', open + 1);
      found.push({
        specifier: file.text.slice(open + 1, close),
        line: lineAt(file.text, match.index),
        kind: match[1] === 'export' ? 'export' : 'import',
      });
    }
  }
  return found;
}

/** Path of the imported file from the root of the repository; null where it is not a file of ours. */
export function targetOf(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : null;
}

export function checkImports(file: SourceText): Violation[] {
  const found: Violation[] = [];
  for (const one of importsOf(file)) {
    const target = targetOf(file.path, one.specifier);
    const texts = target === null ? outside(file.path, one.specifier) : inside(file.path, target);
    if (one.kind === 'export') texts.push('nothing is exported from another file: import the file that defines it');
    found.push(...texts.map((text) => ({ path: file.path, line: one.line, text })));
  }
  return found;
}

function inside(from: string, target: string): string[] {
  const texts: string[] = [];
  if (!/\.(ts|json)$/.test(target)) texts.push(`import of ${target}: write the suffix .ts`);
  if (target.endsWith('.test.ts')) texts.push(`import of the test ${target}: nobody imports a test`);
  else if (isTest(target) && !isTest(from) && !from.startsWith('test/')) texts.push(`${target} is for tests only`);
  const own = moduleOf(from);
  if (own === null || isTest(from)) return texts;
  const other = moduleOf(target);
  if (other === null) texts.push(`src may not import ${target}`);
  else if (other !== own && !(FOLDERS[own] ?? []).includes(other)) {
    texts.push(`${own} may not import ${other} (docs/architecture.md)`);
  }
  for (const [one, another] of APART) {
    const isCrossed =
      (from.startsWith(one) && target.startsWith(another)) || (from.startsWith(another) && target.startsWith(one));
    if (isCrossed) texts.push(`${one} and ${another} don't import each other (docs/architecture.md)`);
  }
  return texts;
}

function outside(from: string, specifier: string): string[] {
  if (moduleOf(from) === null || isTest(from)) return [];
  if (specifier.startsWith('node:')) {
    if (moduleOf(from) === 'system' || HARMLESS_BUILTINS.has(specifier)) return [];
    return [`only src/system may import ${specifier}`];
  }
  if (builtinModules.includes(specifier)) return [`write node:${specifier}`];
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const wrappers = WRAPPERS[name];
  if (wrappers === undefined) return [`${name} is not in the table of dependencies (scripts/tidy/import-table.ts)`];
  if (wrappers.some((at) => (at.endsWith('/') ? from.startsWith(at) : from === at))) return [];
  return [`${name} may be imported only by ${wrappers.join(', ')}`];
}

/** Each circle of imports once, at the file where it was met. */
export function findCycles(files: readonly SourceText[]): Violation[] {
  const edges = new Map<string, string[]>();
  for (const file of files) {
    const targets = importsOf(file).map((one) => targetOf(file.path, one.specifier));
    edges.set(
      file.path,
      targets.filter((target) => target !== null),
    );
  }
  const found: Violation[] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      found.push({ path, line: 0, text: `circle of imports: ${[...trail.slice(start), path].join(' -> ')}` });
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return found;
}
