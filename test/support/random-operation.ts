import fs from 'node:fs';
import type { RandomTree } from './random-tree.ts';

/** One thing that a program may do to a tree. */
export interface Operation {
  /** How often, compared with the others. */
  readonly weight: number;
  /** Nobody else may. */
  readonly forRoot?: boolean;
  /** @returns the paths it was about. */
  act(tree: RandomTree): readonly (string | null)[];
}

/** Neither link, pipe nor device: may be opened without waiting and without harm. */
export function isPlainFile(tree: RandomTree, path: string): boolean {
  return fs.lstatSync(tree.absolute(path)).isFile();
}
