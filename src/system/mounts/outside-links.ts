import { lstatSync, readdirSync } from 'node:fs';
import type { OutsideLinks } from '../../kernel/folder-facts.ts';
import { attempt } from '../processes/process-table.ts';

const SLASH = Buffer.from('/');

interface Linked {
  missing: number;
  readonly path: string;
}

/**
 * Files of a folder that have further names outside of it: their links are more than the names that are found. Walks
 * the folder, as far as its own file system goes: for a worker. What is linked meanwhile may be counted wrongly.
 */
export function outsideLinks(path: string): OutsideLinks {
  const linked = new Map<number, Linked>();
  const { dev } = lstatSync(path);
  const folders = [Buffer.from(path)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const at = folder;
    for (const name of attempt(() => readdirSync(at, { encoding: 'buffer' })) ?? []) {
      const item = Buffer.concat([folder, SLASH, name]);
      const stat = attempt(() => lstatSync(item));
      if (stat === null || stat.dev !== dev) continue;
      if (stat.isDirectory()) folders.push(item);
      else if (stat.nlink > 1) count(linked, stat.ino, stat.nlink, item);
    }
  }
  const [first] = linked.values();
  return { count: linked.size, example: first?.path ?? '' };
}

/** Those all of whose names are found are forgotten. */
function count(linked: Map<number, Linked>, inode: number, links: number, path: Buffer): void {
  const found = linked.get(inode) ?? { missing: links, path: path.toString() };
  found.missing -= 1;
  if (found.missing === 0) linked.delete(inode);
  else linked.set(inode, found);
}
