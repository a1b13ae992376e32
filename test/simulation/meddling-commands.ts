import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import type { SeededRandom } from '../support/seeded-random.ts';

/** What somebody may do to the passive's copy; `$1` and `$2` are paths in it. */
const COMMANDS = [
  '[ -p "$1" ] || echo meddled >> "$1"',
  '[ -p "$1" ] || printf meddled > "$1"',
  'rm -f "$1" && mkfifo "$1"',
  'echo new > "$1.meddled"',
  'mkdir "$1.folder" && echo in > "$1.folder/file"',
  'rm -rf "$1"',
  'mv "$1" "$2"',
  'mv "$1" "$2.moved"',
  'chmod 0741 "$1"',
  'touch -h -d @1234567890.5 "$1"',
  'ln -f "$1" "$2.link"',
  'cp -a "$1" "$2.copy"',
  'rm -f "$1" && mkdir "$1"',
] as const;

/** What somebody may do to a folder, also to the protected one. */
const COMMANDS_ON_FOLDERS = [
  'echo brief > "$1/brief" && rm "$1/brief"',
  'chmod 0751 "$1"',
  'touch -d @1234567890.5 "$1"',
] as const;

/** Another process does something to a tree. @returns what, in words. */
export function meddleIn(root: string, random: SeededRandom): string {
  const paths = fs
    .readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => fs.lstatSync(`${root}/${path}`, { throwIfNoEntry: false }) !== undefined)
    .sort();
  if (random.chance(0.2)) {
    const folders = paths.filter((path) => fs.lstatSync(`${root}/${path}`, { throwIfNoEntry: false })?.isDirectory());
    const folder = `${root}/${random.pick(['', ...folders]) ?? ''}`;
    const brief = random.pick(COMMANDS_ON_FOLDERS) ?? COMMANDS_ON_FOLDERS[0];
    spawnSync('sh', ['-c', brief, 'sh', folder]);
    return `${brief} ${JSON.stringify(folder)}`;
  }
  const command = random.pick(COMMANDS) ?? COMMANDS[0];
  const one = `${root}/${random.pick(paths) ?? 'nothing'}`;
  const other = `${root}/${random.pick(paths) ?? 'nothing'}`;
  spawnSync('sh', ['-c', command, 'sh', one, other]);
  return `${command} ${JSON.stringify(one)} ${JSON.stringify(other)}`;
}
