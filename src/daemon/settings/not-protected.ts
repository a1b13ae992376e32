import { Problem } from '../../problems/problem.ts';

/** What is said of a path that the pair settings don't cover. With a base, a real path is the likely mistake. */
function notProtected(path: string, base: string): Problem<'DMN-006'> {
  return new Problem('DMN-006', { path, hint: base === '/' ? '' : `${hintAt(path, base)} ` });
}

/** @throws Problem DMN-006 where the pair settings don't cover the path. */
export function expectCovered(
  path: string,
  { pairFile, server }: { pairFile: { covers(path: string): boolean }; server: { readonly base: string } },
): void {
  if (!pairFile.covers(path)) throw notProtected(path, server.base);
}

function hintAt(path: string, base: string): string {
  const relative = path.startsWith(`${base}/`) ? path.slice(base.length) : null;
  const meant = relative === null ? '' : ` Perhaps ${relative} is meant.`;
  return `Paths are relative to the base of this server, ${base}.${meant}`;
}
