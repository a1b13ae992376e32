import type { z } from 'zod';
import type { Problem } from '../problems/problem.ts';
import type { HookValues } from './hook-schema.ts';
import type { PAIR_SCHEMA } from './pair-schema.ts';
import type { ShapedText } from './problems-of-text.ts';

/** What is wrong with hooks beyond their shape. */
export function hookProblems(shaped: ShapedText<z.output<typeof PAIR_SCHEMA>>): Problem[] {
  const { hooks, protect } = shaped.values;
  const services = new Set(protect.services.map(({ name }) => name));
  const names = new Set<string>();
  return hooks.flatMap((hook, index) => {
    const fault = names.has(hook.name)
      ? (['name', `the hook ${hook.name} is given twice`, 'Give each hook its own name.'] as const)
      : faultOf(hook, services);
    names.add(hook.name);
    return fault === null ? [] : [shaped.problem(['hooks', index, fault[0]], fault[1], fault[2])];
  });
}

/** Key, reason and hint. */
function faultOf(
  { when, service, everyMs }: HookValues,
  services: ReadonlySet<string>,
): readonly [string, string, string] | null {
  if (when === 'periodic') {
    if (everyMs === undefined) return ['when', 'periodic needs everyMs', 'Say how often it is to be run.'];
    return service === undefined ? null : ['service', 'goes not with periodic', 'Leave it out.'];
  }
  if (everyMs !== undefined) return ['everyMs', 'goes only with when: periodic', 'Leave it out.'];
  if (service === undefined) return ['when', `${when} needs a service`, 'Name one of protect.services.'];
  if (services.has(service)) return null;
  return ['service', `${service} is not listed in protect.services`, 'List it there.'];
}
