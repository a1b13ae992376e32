import { dirname } from 'node:path';
import type { ConfigFiles } from '../kernel/config-files.ts';

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** One change to this machine's files, told so that it can be undone by whoever reads it. */
export type ConfigChange =
  /** The folder was made. */
  | { readonly kind: 'folder'; readonly path: string }
  /** The file was written. */
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  /** These lines, each with its end, were put in front of what the file holds. */
  | { readonly kind: 'lines'; readonly path: string; readonly text: string }
  /** The link, which led there, was taken away. */
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** Makes it so, whether or not it is already. @throws FileError */
export function carryOut(files: ConfigFiles, change: ConfigChange): void {
  switch (change.kind) {
    case 'folder':
      if (!files.isFolder(change.path)) files.makeFolder(change.path, FOLDER_MODE);
      return;
    case 'file':
      if (files.read(change.path) !== change.text) files.write(change.path, change.text, FILE_MODE);
      return;
    case 'lines': {
      const text = files.read(change.path);
      // What is gone by now has nothing to say about.
      if (text !== null && placeOf(change.text, text) < 0) files.write(change.path, change.text + text, FILE_MODE);
      return;
    }
    case 'link':
      if (files.linkTarget(change.path) === change.target) files.remove(change.path);
  }
}

/** Makes it as it was before, whether or not it is already, and leaves what somebody else made of it. @throws FileError */
export function takeBack(files: ConfigFiles, change: ConfigChange): void {
  switch (change.kind) {
    case 'folder':
      files.removeFolder(change.path);
      return;
    case 'file':
      files.remove(change.path);
      return;
    case 'lines': {
      const text = files.read(change.path) ?? '';
      const at = placeOf(change.text, text);
      if (at < 0) return;
      files.write(change.path, text.slice(0, at) + text.slice(at + change.text.length), FILE_MODE);
      return;
    }
    case 'link':
      if (files.linkTarget(change.path) !== null || files.read(change.path) !== null) return;
      // systemctl takes a folder away with the last link in it.
      if (!files.isFolder(dirname(change.path))) files.makeFolder(dirname(change.path), FOLDER_MODE);
      files.link(change.path, change.target);
  }
}

/** Where these whole lines stand in a text; -1 where they do not. */
function placeOf(lines: string, text: string): number {
  if (text.startsWith(lines)) return 0;
  const at = text.indexOf(`\n${lines}`);
  return at < 0 ? -1 : at + 1;
}

/** What makes a change the same one, whatever is written now. */
export function keyOf(change: ConfigChange): string {
  return change.kind === 'lines' ? `${change.path}\n${change.text}` : change.path;
}

/** For people, before it is done. */
export function wordsOf(change: ConfigChange): string {
  switch (change.kind) {
    case 'folder':
      return `make the folder ${change.path}`;
    case 'file':
      return `write ${change.path}`;
    case 'lines':
      return `put lines in front of ${change.path}`;
    case 'link':
      return `remove the link ${change.path} to ${change.target}`;
  }
}
