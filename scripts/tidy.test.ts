import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkMap, tidy } from './tidy.ts';
import { importsOf } from './tidy/import-rules.ts';
import { FOLDERS } from './tidy/import-table.ts';
import { findUnraised } from './tidy/problem-rules.ts';
import { sourceText } from './tidy/source-text.ts';

/** What the rules say about planted files, without the rule on their number. */
function found(files: Record<string, string>): string[] {
  const sources = Object.entries(files).map(([path, text]) => sourceText(path, text));
  return tidy(sources, 0).map((one) => `${one.path}:${one.line}: ${one.text}`);
}

const NEAR = 'src/apply/a.ts';

describe('tidy finds what is planted', () => {
  it.each([
    [
      'a module of the stream that knows another',
      "import { a } from '../capture/b.ts';",
      'apply may not import capture',
    ],
    ['a type-only import against the table', "import type { A } from '../daemon/b.ts';", 'apply may not import daemon'],
    ['an import over several lines', "import {\n  a,\n  b,\n} from '../cli/b.ts';", 'apply may not import cli'],
    ['a dynamic import against the table', "await import('../main/b.ts');", 'apply may not import main'],
    [
      'an import from outside src',
      "import { a } from '../../test/support/a.ts';",
      'src may not import test/support/a.ts',
    ],
    ['a builtin that touches the machine', "import { open } from 'node:fs/promises';", 'only src/system may import'],
    ['a builtin without its prefix', "import { readFileSync } from 'fs';", 'write node:fs'],
    ['a dependency outside its wrapper', "import koffi from 'koffi';", 'koffi may be imported only by'],
    ['a part of a dependency outside its wrapper', "import x from '@peculiar/x509/y';", 'may be imported only by'],
    ['a dependency nobody listed', "import x from 'left-pad';", 'left-pad is not in the table'],
    ['an import of a test', "import { a } from './b.test.ts';", 'nobody imports a test'],
    ['an import of what tests share', "import { a } from './b.testing.ts';", 'is for tests only'],
    ['an import without its suffix', "import { a } from './b';", 'write the suffix .ts'],
    ['a barrel', "export * from './b.ts';", 'nothing is exported from another file'],
    ['a default export', 'export default 1;', 'no default export'],
    ['the wall clock', 'const at = Date.now();', 'Date.now is for src/system only'],
    ['the wall clock through Date', 'const at = new Date();', 'new Date() is for src/system only'],
    ['a timer', 'setTimeout(() => {}, 1);', 'setTimeout is for src/system only'],
    ['an interval', 'setInterval(act, 1);', 'setInterval is for src/system only'],
    ['chance', 'const chance = Math.random();', 'Math.random is for src/system only'],
    [
      'chance from node:crypto',
      "import { createHash, randomUUID } from 'node:crypto';",
      'randomUUID is for src/system only',
    ],
    ['performance.now', 'const at = performance.now();', 'performance.now is for src/system only'],
    ['the environment', "const home = process.env['HOME'];", 'process.env is for src/system and src/main only'],
    ['an exit', 'process.exit(1);', 'process.exit is for src/system and src/main only'],
    ['the console', "console.log('x');", 'console.log is for nobody only'],
    ['a leftover note', `// ${'FIX'}ME later`, 'leftover'],
    ['a file that is too long', '\n'.repeat(400), '401 lines'],
    ['a call inside a template', 'const text = `at ${Date.now()}`;', 'Date.now is for src/system only'],
    ['a call after a regular expression with a quote', 'const q = /[\'"]/; Date.now();', 'Date.now is for'],
  ])('%s', (_what, text, expected) => {
    expect(found({ [NEAR]: `${text}\n` }).join('\n')).toContain(expected);
  });

  it.each(['it.only', 'describe.skip', 'it.each.only', 'test.todo'])('a weakened test: %s', (call) => {
    expect(found({ 'src/apply/a.test.ts': `${call}('x', () => {});` }).join('\n')).toContain('weakens a test');
  });

  it('a test that may be tried again', () => {
    expect(found({ 'vitest.config.ts': `const options = { retry: ${2} };` }).join('\n')).toContain('weakens a test');
  });

  it('a folder that is not in the table', () => {
    expect(found({ 'src/novelty/a.ts': '' })).toEqual([
      'src/novelty/a.ts:0: the folder src/novelty is not in the import table',
    ]);
  });

  it.each(['src/apply/utils.ts', 'src/apply/index.ts', 'scripts/helpers/a.ts'])(
    'a name that says nothing: %s',
    (path) => {
      expect(found({ [path]: '' }).join('\n')).toContain('name the idea');
    },
  );

  it('an import between parts of a folder that are apart', () => {
    const text = "src/daemon/active/ and src/daemon/passive/ don't import each other (docs/architecture.md)";
    expect(
      found({
        'src/daemon/active/a.ts': "import '../passive/b.ts';",
        'src/daemon/passive/a.ts': "import '../active/b.ts';",
        'src/daemon/stream/a.ts': "import '../active/b.ts';\nimport '../passive/b.ts';",
      }),
    ).toEqual([`src/daemon/active/a.ts:1: ${text}`, `src/daemon/passive/a.ts:1: ${text}`]);
  });

  it('a circle of imports', () => {
    const files = {
      'src/apply/a.ts': "import './b.ts';",
      'src/apply/b.ts': "import './c.ts';",
      'src/apply/c.ts': "import './a.ts';",
    };
    expect(found(files)).toEqual([
      'src/apply/a.ts:0: circle of imports: src/apply/a.ts -> src/apply/b.ts -> src/apply/c.ts -> src/apply/a.ts',
    ]);
  });

  it('that it saw too few files', () => {
    expect(tidy([]).map((one) => one.text)).toEqual(['only 0 files were found: the search looks at the wrong place']);
  });

  it('a table that differs from the map', () => {
    const missing = checkMap('| 0 | `kernel`, `novelty` | what | – |').map((one) => one.text);
    expect(missing).toContain('the table lacks apply');
    expect(missing).toContain('the table lacks novelty');
  });

  it('a problem that nothing raises, and not one that is raised', () => {
    const files = [sourceText(NEAR, "throw new Problem('APL-001', {});"), sourceText('src/problems/a.ts', "'APL-002'")];
    expect(findUnraised(['APL-001', 'APL-002'], files).map((one) => one.text)).toEqual(['APL-002 is raised nowhere']);
  });
});

describe('tidy leaves in peace', () => {
  it.each([
    ['words in comments', '// setTimeout( and Date.now\n/* console.log */'],
    ['words in strings', "const a = 'Date.now()' + \"it's process.exit\";"],
    ['words in templates', 'const a = `Date.now() ${b} console.log`;'],
    ['words in regular expressions', 'const a = /Date.now\\/"/;'],
    ['a method of that name', 'clock.setTimeout(1); log.console.info();'],
    ['a moment made from a number', 'const a = new Date(wallMs);'],
    [
      'imports of the table',
      "import type { A } from '../changes/change.ts';\nimport { b } from '../kernel/assert.ts';",
    ],
    ['a builtin that only computes', "import { posix } from 'node:path';"],
    ['a division that looks like an expression', 'const a = b / 2; const c = d / 3;'],
  ])('%s', (_what, text) => {
    expect(found({ [NEAR]: `${text}\n` })).toEqual([]);
  });

  it('tests, which may import anything and use real clocks', () => {
    expect(
      found({ 'src/apply/a.test.ts': "import { a } from '../system/b.ts';\nimport 'node:fs';\nDate.now();" }),
    ).toEqual([]);
  });

  it('the one file that wraps a dependency', () => {
    expect(found({ 'src/system/native/c-library.ts': "import koffi from 'koffi';" })).toEqual([]);
  });
});

describe('the search for imports', () => {
  it('knows every form', () => {
    const text = [
      "import 'a';",
      "import b from 'b';",
      "import { c } from 'c';",
      "import type { d } from 'd';",
      "import * as e from 'e';",
      "export { f } from 'f';",
      "const g = await import('g');",
      "const h = Array.from('not');",
      "// import 'not'",
    ].join('\n');
    const names = importsOf(sourceText('x.ts', text)).map((one) => one.specifier);
    expect(names.sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  it('names only folders that exist in the enforced table', () => {
    for (const allowed of Object.values(FOLDERS)) for (const folder of allowed) expect(FOLDERS).toHaveProperty(folder);
  });

  it('agrees with the map of the architecture', () => {
    expect(checkMap(readFileSync(join(import.meta.dirname, '../docs/architecture.md'), 'utf8'))).toEqual([]);
  });
});
