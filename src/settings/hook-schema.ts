import { z } from 'zod';
import { matching, milliseconds } from './field.ts';
import { command } from './service-schema.ts';

const HOOKS_MAX = 100;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** As useradd(8) takes them. */
const user = matching('a name of a user', /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}\$?$/);

const hook = z.strictObject({
  name: z.string().min(1).max(100),
  when: z.enum(['beforeStart', 'afterStart', 'beforeStop', 'afterStop', 'periodic']),
  service: z.string().min(1).max(200).optional(),
  everyMs: milliseconds(1_000, DAY_MS).optional(),
  on: z.enum(['active', 'passive', 'both']).prefault('active'),
  command,
  user: user.optional(),
  timeoutMs: milliseconds(100, HOUR_MS).prefault(60_000),
});

export type HookValues = z.output<typeof hook>;

export const HOOKS = z
  .array(hook)
  .max(HOOKS_MAX)
  .prefault([])
  .describe(
    'Commands that are run around the protected services: { name: warm up, when: afterStart, service: shop.service, command: [...] }. Of each: name; when: beforeStart, afterStart, beforeStop or afterStop of its service, or periodic; service, one of protect.services; everyMs, with periodic; on: active, passive or both, the role of the servers that run it; command, a list of words, run without a shell; user, by whose rights it is run; timeoutMs, after which it is ended. It finds UNDERSTUDY_ROLE, UNDERSTUDY_EPOCH, UNDERSTUDY_IDENTITY, UNDERSTUDY_PAIR, UNDERSTUDY_HOOK, UNDERSTUDY_WHEN and UNDERSTUDY_SERVICE in its environment. One that fails is told (SVC-040), and what it belongs to goes on; what it takes counts as part of the start or the stop. Applied while running.',
  );
