import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const BIN = join(import.meta.dirname, '../../bin');
const PACKAGE = `node-linux-${process.arch}`;

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'understudy launcher '));
  mkdirSync(join(root, 'bin'));
  for (const name of ['understudy', 'pinned-node']) {
    copyFileSync(join(BIN, name), join(root, 'bin', name));
    chmodSync(join(root, 'bin', name), 0o755);
  }
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Puts a shell script in the place of the pinned Node. */
function install(script: string): void {
  const folder = join(root, 'node_modules', PACKAGE, 'bin');
  mkdirSync(folder, { recursive: true });
  const node = join(folder, 'node');
  writeFileSync(node, `#!/bin/sh\n${script}\n`);
  chmodSync(node, 0o755);
}

function start(program: string, ...parameters: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(program, parameters, { encoding: 'utf8', cwd: '/' });
}

it('starts the installed Node with the command line as it was typed, through links and from any folder', () => {
  install('[ "$1" = --version ] && exit 0; printf "%s\\n" "$@"; exit 7');
  symlinkSync('bin/understudy', join(root, 'near'));
  symlinkSync(join(root, 'near'), join(root, 'far'));
  const { status, stdout } = start(join(root, 'far'), 'status', '--config', 'a b');
  expect(stdout).toBe(`--max-semi-space-size=2\n${root}/src/main/understudy.ts\nstatus\n--config\na b\n`);
  expect(status).toBe(7);
});

it('says what to install when the machine lacks a library of Node', () => {
  install(
    'echo "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file" >&2; exit 127',
  );
  const { status, stdout, stderr } = start(join(root, 'bin/understudy'), 'status');
  expect(status).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^\[SYS-001\] .*libatomic\.so\.1/);
  expect(stderr).toContain('libatomic1 (Debian');
  expect(stderr).toContain('libatomic (Red Hat');
});

it('tells any other reason why Node does not start', () => {
  install('echo "Exec format error" >&2; exit 126');
  const { status, stderr } = start(join(root, 'bin/understudy'));
  expect(status).toBe(1);
  expect(stderr).toContain('cannot start: Exec format error');
});

it('asks for npm ci where nothing is installed', () => {
  const { status, stderr } = start(join(root, 'bin/understudy'), 'run');
  expect(status).toBe(1);
  expect(stderr).toContain(`Run \`npm ci\` in ${root}`);
});

it('can start the Node that is really installed', () => {
  expect(start(join(BIN, 'pinned-node'), '--version').stdout).toMatch(/^v26\./);
});

it('tells who starts a keeper by hand what it is for, and where it can listen nowhere why', () => {
  const keeper = (...parameters: string[]) => start(join(BIN, 'understudy'), 'keeper', ...parameters);
  for (const parameters of [[], ['--help']]) {
    expect(keeper(...parameters)).toMatchObject({ status: 2, stderr: expect.stringContaining('keeper STATE_FOLDER') });
  }
  const { status, stderr } = keeper(join(root, 'missing'));
  expect(status).toBe(1);
  expect(stderr).toMatch(/^The socket .*missing\/keeper\.sock cannot be opened: .*\(EACCES\)\.\n$/);
});
