import type { Problem } from '../problems/problem.ts';
import type { PAIR_SCHEMA } from './pair-schema.ts';
import type { z } from 'zod';
import type { ShapedText } from './problems-of-text.ts';
import type { ServiceValues } from './service-schema.ts';
import type { ServiceSettings } from './settings.ts';

/** What systemd takes as the name of a unit. */
const UNIT_NAME = /^[A-Za-z0-9:_.\\@-]+\.(service|socket|timer|path|target|mount)$/;
/** What the supervisors take: the folder of a service, or the name of a program. */
const FOLDER_NAME = /^(\/[^/\0\n]+)+$|^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const SUPERVISED_NAME = { runit: FOLDER_NAME, s6: FOLDER_NAME, supervisord: /^[A-Za-z0-9_][A-Za-z0-9._:-]*$/ } as const;
/** It would stop itself. */
const OWN_UNIT = /^understudyd?(-keeper)?(@.*)?\.service$/;

/** Why systemd's unit of that name can't be protected; null where it can. */
export function unitFault(name: string): string | null {
  if (!UNIT_NAME.test(name)) return 'must be the whole name of a unit, such as shop.service';
  return OWN_UNIT.test(name) ? 'is Understudy itself, which runs on both servers' : null;
}

/** As the rest of the product has it. */
export function serviceOf({ start, stop, status, ...values }: ServiceValues): ServiceSettings {
  const isWhole = start !== undefined && stop !== undefined && status !== undefined;
  return { ...values, commands: isWhole && values.manager === 'command' ? { start, stop, status } : null };
}

/** What is wrong with the protected services beyond their shape. */
export function serviceProblems(
  shaped: ShapedText<z.output<typeof PAIR_SCHEMA>>,
  services: readonly ServiceValues[],
): Problem[] {
  const names = new Set<string>();
  return services.flatMap((service, index) => {
    const fault = faultOf(service, names.has(service.name));
    names.add(service.name);
    if (fault === null) return [];
    const [key, reason, hint] = fault;
    return [shaped.problem(['protect', 'services', index, key], reason, hint)];
  });
}

function faultOf(service: ServiceValues, isTwice: boolean): [string, string, string] | null {
  const { name, manager, start, stop, status } = service;
  if (isTwice) return ['name', `the service ${name} is listed twice`, 'List each service once.'];
  if (manager === 'command') {
    const missing = Object.entries({ start, stop, status }).filter(([, command]) => command === undefined);
    if (missing.length === 0) return null;
    return [
      'manager',
      `the commands ${missing.map(([key]) => key).join(', ')} are missing`,
      'Give all three as lists.',
    ];
  }
  const given = Object.entries({ start, stop, status }).find(([, command]) => command !== undefined);
  if (given !== undefined)
    return [given[0], 'goes only with manager: command', 'Leave it out, or set manager: command.'];
  if (manager === 'systemd') {
    const fault = unitFault(name);
    return fault === null ? null : ['name', `${name} ${fault}`, 'Services of another kind take another manager.'];
  }
  if (SUPERVISED_NAME[manager].test(name)) return null;
  return ['name', `${name} can't be a service of ${manager}`, 'Write it as its manager does.'];
}
