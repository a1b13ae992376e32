import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { differencesOf, manifestOf } from './manifest.ts';

let top = '';
const here = (...names: string[]): string => join(top, 'here', ...names);
const there = (...names: string[]): string => join(top, 'there', ...names);

beforeEach(() => {
  top = fs.mkdtempSync(join(tmpdir(), 'understudy-manifest-'));
  fs.mkdirSync(here('sub'), { recursive: true });
  fs.writeFileSync(here('sub', 'file'), 'content');
  fs.symlinkSync('sub/file', here('link'));
  fs.cpSync(here(), there(), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  const long = new Date(1_000_000_000_000);
  for (const side of [here, there]) {
    for (const name of ['sub/file', 'sub', '.']) fs.utimesSync(side(name), long, long);
    fs.lutimesSync(side('link'), long, long);
  }
});

afterEach(() => fs.rmSync(top, { recursive: true, force: true }));

function differences(): string[] {
  return differencesOf(manifestOf(here()), manifestOf(there()));
}

it('finds no difference between equal trees, and leaves out the own folder', () => {
  const root = fs.statSync(there());
  fs.mkdirSync(there('.understudy'));
  fs.utimesSync(there(), root.atime, root.mtime);
  expect(differences()).toEqual([]);
});

it.each<[string, () => void, RegExp]>([
  ['content of the same size and time', () => rewrite('CONTENT'), /"sub\/file": content/],
  ['a mode', () => fs.chmodSync(there('sub', 'file'), 0o600), /"sub\/file": mode/],
  ['a time', () => fs.utimesSync(there('sub'), 1, 1), /"sub": mtimeNs/],
  ['a link target', () => relink('elsewhere'), /"link": content elsewhere instead of sub\/file/],
  ['a missing name', () => fs.rmSync(there('sub', 'file')), /"sub\/file": missing/],
  ['a name too many', () => fs.writeFileSync(there('more'), ''), /"more": only there/],
])('finds %s', (_, change, told) => {
  change();
  expect(differences().join('\n')).toMatch(told);
});

function rewrite(text: string): void {
  const { atime, mtime } = fs.statSync(there('sub', 'file'));
  fs.writeFileSync(there('sub', 'file'), text);
  fs.utimesSync(there('sub', 'file'), atime, mtime);
}

function relink(target: string): void {
  fs.rmSync(there('link'));
  fs.symlinkSync(target, there('link'));
}
