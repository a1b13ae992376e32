import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { byteFiles } from './byte-files.ts';
import { durableFiles } from './durable-files.ts';
import { openFresh } from './fresh-file.ts';

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'understudy-fresh-'));
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

/** In another process, which may be killed. */
function run(line: string): void {
  const module = JSON.stringify(new URL('./fresh-file.ts', import.meta.url));
  const script = `import { openFresh, removeLeft } from ${module}; const folder = ${JSON.stringify(folder)}; ${line}`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
}

it.each([
  ['a write', () => durableFiles.write(join(folder, 'other'), ''), ['other']],
  ['a removal', () => durableFiles.remove(join(folder, 'other')), []],
  ['a start', () => durableFiles.makeFolder(folder, 0o700), []],
  ['the start of what keeps bytes', () => byteFiles.makeFolder(folder, 0o700), []],
])('what was being written when its process was killed is gone after %s', (_, action, left) => {
  const elsewhere = join(folder, 'elsewhere');
  fs.mkdirSync(elsewhere);
  const { descriptor, path } = openFresh(join(elsewhere, 'state'));
  fs.closeSync(descriptor);
  fs.renameSync(path, join(folder, basename(path)));
  const others = ['elsewhere', 'state.0123456789ab.new'];
  fs.writeFileSync(join(folder, 'state.0123456789ab.new'), 'of somebody else');
  action();
  expect(fs.readdirSync(folder).sort()).toEqual([...others, ...left].sort());
});

it('what another process writes stays until that is killed', () => {
  const { descriptor, path } = openFresh(join(folder, 'state'));
  run('removeLeft(folder);');
  expect(fs.readdirSync(folder)).toEqual([basename(path)]);
  fs.closeSync(descriptor);
  run("openFresh(folder + '/state'); process.kill(process.pid, 'SIGKILL');");
  const left = fs.readdirSync(folder);
  expect([left.length, left.includes(basename(path))]).toEqual([1, false]);
});
