import fs from 'node:fs';
import type { RandomTree } from './random-tree.ts';
import { move, writeWhole } from './tree-writes.ts';

const FILE_BYTES = 5000;
/** Of one file, whose content still goes with its record. */
const FILL_BYTES = 200_000;
const FOLDER_TRIES = 10;
/** Not a name that anything else gets: what has it stays out of the way of other operations for longer. */
const AWAY = 'moved';

/** A folder that has something in it gets another name, and something else its former one. @returns the paths. */
export function takeFormerNames(tree: RandomTree): readonly (string | null)[] {
  const folder = filledFolder(tree);
  const parent = parentOf(folder);
  const away = childOf(parent, `${AWAY}${tree.random.integer(0, 5)}`);
  const other = tree.anyFolder();
  switch (tree.random.integer(0, 4)) {
    case 0:
      move(tree, folder, away);
      fill(tree, folder);
      return [folder, away, 'a new folder'];
    case 1:
      move(tree, folder, away);
      writeWhole(tree, folder, FILE_BYTES);
      return [folder, away, 'a file'];
    case 2:
      return swap(tree, folder, other, away);
    case 3:
      return intoOther(tree, folder, away);
    default:
      // In a turn, each gets the name of the next.
      if (other === null || areNested(folder, other)) return [];
      move(tree, folder, away);
      move(tree, other, folder);
      fill(tree, other);
      return [folder, away, other, 'in a turn'];
  }
}

/** Writes as much as the queue of a simulated server holds at most, in a few new files. */
export function fillQueue(tree: RandomTree): readonly string[] {
  const paths = ['fill1', 'fill2', 'fill3'];
  for (const path of paths) writeWhole(tree, path, FILL_BYTES);
  return paths;
}

function swap(tree: RandomTree, one: string, other: string | null, away: string): readonly (string | null)[] {
  if (other === null || areNested(one, other)) return [];
  move(tree, one, away);
  move(tree, other, one);
  move(tree, away, other);
  return [one, other, 'swapped'];
}

/** Below what was its sibling, and what has its name then has another folder of its own. */
function intoOther(tree: RandomTree, folder: string, sibling: string): readonly string[] {
  if (!fs.existsSync(tree.absolute(sibling))) fill(tree, sibling);
  const inside = childOf(sibling, 'inside');
  if (!tree.isShallow(inside)) return [];
  move(tree, folder, inside);
  if (tree.random.chance(0.5)) move(tree, sibling, folder);
  else fill(tree, folder);
  return [folder, inside, sibling, 'below it'];
}

/** Made where there is none. */
function filledFolder(tree: RandomTree): string {
  for (let tries = 0; tries < FOLDER_TRIES; tries++) {
    const folder = tree.anyFolder();
    if (folder !== null && fs.readdirSync(tree.absolute(folder)).length > 0) return folder;
  }
  const made = `folder${tree.random.integer(0, 5)}`;
  fill(tree, made);
  return made;
}

/** A folder with something in it, also in one below it. */
function fill(tree: RandomTree, folder: string): void {
  for (const path of [folder, childOf(folder, 'below')]) {
    fs.mkdirSync(tree.absolute(path), { recursive: true });
    tree.addFolder(path);
    writeWhole(tree, childOf(path, 'a file'), FILE_BYTES);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function childOf(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function areNested(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}
