import type { z } from 'zod';
import type { Problem } from '../problems/problem.ts';
import type { ProbeValues, ResourceRuleValues } from './health-schema.ts';
import type { PAIR_SCHEMA } from './pair-schema.ts';
import type { ShapedText } from './problems-of-text.ts';

/** Key, reason and hint. */
type Fault = readonly [key: string, reason: string, hint: string];

/** What is wrong with probes and rules beyond their shape. */
export function healthProblems(shaped: ShapedText<z.output<typeof PAIR_SCHEMA>>): Problem[] {
  const { health, protect } = shaped.values;
  const services = new Set(protect.services.map(({ name }) => name));
  const names = new Set<string>();
  const common = ({ name, service }: { name: string; service?: string | undefined }): Fault | null => {
    if (names.has(name)) return ['name', `the name ${name} is given twice`, 'Give each probe and rule its own name.'];
    names.add(name);
    if (service === undefined || services.has(service)) return null;
    return ['service', `${service} is not listed in protect.services`, 'List it there, or leave service out.'];
  };
  const problem = (group: string, index: number, fault: Fault | null): Problem[] =>
    fault === null ? [] : [shaped.problem(['health', group, index, fault[0]], fault[1], fault[2])];
  return [
    ...health.probes.flatMap((probe, index) => problem('probes', index, common(probe) ?? probeFault(probe))),
    ...health.rules.flatMap((rule, index) => problem('rules', index, common(rule) ?? ruleFault(rule))),
  ];
}

function probeFault({ http, tcp, command }: ProbeValues): Fault | null {
  const given = Object.entries({ http, tcp, command }).filter(([, value]) => value !== undefined);
  if (given.length !== 1)
    return [given[1]?.[0] ?? 'name', 'must ask one of http, tcp and command', 'Give one of the three.'];
  if (http === undefined || isWebAddress(http)) return null;
  return ['http', `${http} is no address of the web`, 'Write it as in http://127.0.0.1:8080/health.'];
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}

function ruleFault({ of, path, max }: ResourceRuleValues): Fault | null {
  if (of === 'disk' && path === undefined) return ['of', 'needs a path', 'Name a path on the file system: path: /srv.'];
  if (of !== 'disk' && path !== undefined) return ['path', 'goes only with of: disk', 'Leave it out.'];
  if (of !== 'load' && max > 100) return ['max', 'is a percentage: at most 100', 'Set it to 100 or less.'];
  return null;
}
