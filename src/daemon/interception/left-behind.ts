import { LAYOUT_VERSION } from '../../intercept/kept-memory.ts';
import type { HeldThing } from '../../keeper/protocol.ts';
import { Problem } from '../../problems/problem.ts';
import { type FileFacts, fileFactsOf, layoutOf, type MountFacts, mountFactsOf, RECORDS } from './held-facts.ts';

/** What a daemon that has ended left with the keeper. */
export interface LeftBehind {
  /** Null where there is nothing to go on with. */
  readonly records: HeldThing | null;
  readonly mounts: readonly { readonly facts: MountFacts; readonly thing: HeldThing }[];
  readonly files: readonly { readonly facts: FileFacts; readonly thing: HeldThing }[];
  /** To be let go. */
  readonly useless: readonly HeldThing[];
}

/**
 * Tells apart what a keeper has. Pure.
 * @throws Problem CAP-046 where a version of the product wrote it that is not this one.
 */
export function sortLeft(things: readonly HeldThing[]): LeftBehind {
  const other = things.map(layoutOf).find((layout) => layout !== LAYOUT_VERSION);
  if (other !== undefined) {
    throw new Problem('CAP-046', { theirs: other ?? 'another', ours: LAYOUT_VERSION });
  }
  const records = things.find(({ name, descriptors }) => name === RECORDS && descriptors.length === 2) ?? null;
  const mounts = things.flatMap((thing) => {
    const facts = mountFactsOf(thing);
    return facts === null ? [] : [{ facts, thing }];
  });
  if (records === null || mounts.length === 0) return { records: null, mounts: [], files: [], useless: things };
  const files = things.flatMap((thing) => {
    const facts = fileFactsOf(thing);
    return facts === null ? [] : [{ facts, thing }];
  });
  const used = new Set([records, ...mounts.map(({ thing }) => thing), ...files.map(({ thing }) => thing)]);
  return { records, mounts, files, useless: things.filter((thing) => !used.has(thing)) };
}
