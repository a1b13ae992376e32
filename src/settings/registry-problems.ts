import type { z } from 'zod';
import type { Problem } from '../problems/problem.ts';
import type { PAIR_SCHEMA } from './pair-schema.ts';
import type { ShapedText } from './problems-of-text.ts';

/** Paths of those that have no place of their own. */
const EXAMPLES: Readonly<Record<string, string>> = { file: '/srv/shop/settings.reg', wine: '/srv/shop/.wine' };

/** What is wrong with protected registries beyond their form: one without its place, or two of one name. */
export function registryProblems(shaped: ShapedText<z.output<typeof PAIR_SCHEMA>>): Problem[] {
  const found: Problem[] = [];
  const names = new Set<string>();
  for (const [index, { provider, name = provider, path }] of shaped.values.protect.registry.entries()) {
    const at = ['protect', 'registry', index];
    const example = EXAMPLES[provider];
    if (path === undefined && example !== undefined) {
      found.push(shaped.problem(at, `a registry of the provider ${provider} needs a path`, `Add path: ${example}.`));
    }
    if (names.has(name)) {
      found.push(
        shaped.problem(at, `two registries have the name ${name}`, 'Give each a name of its own: name: other.'),
      );
    }
    names.add(name);
  }
  return found;
}
