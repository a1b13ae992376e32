/**
 * Writes the documents that are made from the sources: `docs/problems.md` from the catalogue,
 * `docs/settings.md` from the schemas, `docs/troubleshooting.md` from the chapter,
 * `docs/applications.md` from the presets. With `--check` only tells whether they are up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './command.ts';
import { applicationsPage } from './docs/applications-page.ts';
import { problemsPage } from './docs/problems-page.ts';
import { settingsPage } from './docs/settings-page.ts';
import { troubleshootingPage } from './docs/troubleshooting-page.ts';

const PAGES: Readonly<Record<string, () => string>> = {
  'docs/applications.md': applicationsPage,
  'docs/problems.md': problemsPage,
  'docs/settings.md': settingsPage,
  'docs/troubleshooting.md': troubleshootingPage,
};

function current(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
for (const [path, make] of Object.entries(PAGES)) {
  const text = make();
  if (current(join(ROOT, path)) === text) continue;
  if (values.check) {
    process.stdout.write(`${path} is out of date: run \`npm run docs\`.\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(join(ROOT, path), text);
    process.stdout.write(`${path} written.\n`);
  }
}
