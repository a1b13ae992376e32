import fs from 'node:fs';
import { randomContent, randomSize } from './random-content.ts';
import { isPlainFile } from './random-operation.ts';
import type { RandomTree } from './random-tree.ts';

/** Never through a symbolic link, which may lead out of the tree. @param sizeBytes - any, where it is not given. */
export function writeWhole(tree: RandomTree, path: string, sizeBytes = randomSize(tree.random)): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  // A named pipe would wait for a reader.
  if (fs.existsSync(tree.absolute(path)) && !isPlainFile(tree, path)) fs.unlinkSync(tree.absolute(path));
  const file = fs.openSync(tree.absolute(path), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK);
  try {
    fs.writeSync(file, randomContent(tree.random, sizeBytes));
  } finally {
    fs.closeSync(file);
  }
  tree.addFile(path);
}

/** Gives what lies there another path. */
export function move(tree: RandomTree, from: string, to: string): void {
  fs.renameSync(tree.absolute(from), tree.absolute(to));
  const stat = fs.lstatSync(tree.absolute(to));
  tree.forget(to);
  tree.forget(from);
  if (stat.isDirectory()) tree.learn(to);
  else tree.addFile(to);
}
