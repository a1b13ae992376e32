import type { z } from 'zod';
import type { Problem } from '../problems/problem.ts';
import type { PAIR_SCHEMA } from './pair-schema.ts';
import type { ShapedText } from './problems-of-text.ts';
import type { SERVER_SCHEMA } from './server-schema.ts';

/** Paths of those that have no place of their own. */
const EXAMPLES: Readonly<Record<string, string>> = { file: '/srv/shop/settings.reg', wine: '/srv/shop/.wine' };

interface Placed {
  readonly provider: string;
  readonly name?: string | undefined;
  readonly path?: string | undefined;
}

/** What is wrong with protected registries beyond their form: one without its place, or two of one name. */
export function registryProblems(shaped: ShapedText<z.output<typeof PAIR_SCHEMA>>): Problem[] {
  return problemsOf(shaped.values.protect.registry, (index, reason, hint) =>
    shaped.problem(['protect', 'registry', index], reason, hint),
  );
}

/** The same of those that a server has elsewhere. */
export function ownRegistryProblems(shaped: ShapedText<z.output<typeof SERVER_SCHEMA>>): Problem[] {
  return problemsOf(shaped.values.registry, (index, reason, hint) => shaped.problem(['registry', index], reason, hint));
}

function problemsOf(
  registries: readonly Placed[],
  problem: (index: number, reason: string, hint: string) => Problem,
): Problem[] {
  const found: Problem[] = [];
  const names = new Set<string>();
  for (const [index, { provider, name = provider, path }] of registries.entries()) {
    const example = EXAMPLES[provider];
    if (path === undefined && example !== undefined) {
      found.push(problem(index, `a registry of the provider ${provider} needs a path`, `Add path: ${example}.`));
    }
    if (names.has(name)) {
      found.push(problem(index, `two registries have the name ${name}`, 'Give each a name of its own: name: other.'));
    }
    names.add(name);
  }
  return found;
}
