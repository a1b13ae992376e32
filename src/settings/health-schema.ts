import { z } from 'zod';
import { absolutePath, address, milliseconds } from './field.ts';
import { command } from './service-schema.ts';

const RULES_MAX = 100;
const INTERVAL_MS_MIN = 500;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const TIMES_MAX = 1000;
const URL_LENGTH_MAX = 2000;
const VALUE_MAX = 1000;

const name = z.string().min(1).max(100);
const service = z.string().min(1).max(200).optional();
const latched = z.boolean().prefault(false);

const probe = z.strictObject({
  name,
  http: z.string().max(URL_LENGTH_MAX).optional(),
  tcp: address().optional(),
  command: command.optional(),
  service,
  intervalMs: milliseconds(INTERVAL_MS_MIN, HOUR_MS).prefault(10_000),
  timeoutMs: milliseconds(100, HOUR_MS).prefault(5_000),
  failures: z.int().min(1).max(TIMES_MAX).prefault(3),
  latched,
});

const rule = z.strictObject({
  name,
  of: z.enum(['disk', 'memory', 'load']),
  path: absolutePath().optional(),
  max: z.number().min(0).max(VALUE_MAX),
  forMs: milliseconds(0, DAY_MS).prefault(60_000),
  intervalMs: milliseconds(INTERVAL_MS_MIN, HOUR_MS).prefault(5_000),
  service,
  latched,
});

export type ProbeValues = z.output<typeof probe>;
export type ResourceRuleValues = z.output<typeof rule>;

export const HEALTH_GROUP = z
  .strictObject({
    probes: z
      .array(probe)
      .max(RULES_MAX)
      .prefault([])
      .describe(
        'What the protected application is asked on the active server: { name: shop, http: "http://127.0.0.1:8080/" }. Of each: name; one of http (a status from 200 to 399 is good), tcp (an address that has to accept a connection) and command (a list of words that has to end with 0); intervalMs; timeoutMs; failures, how many in a row before it is told; service, a protected service whose failure it then is, with what its onFailure says, and without which nothing is asked; latched: once told it stays until `understudy fix` ends it. Applied while running.',
      ),
    rules: z
      .array(rule)
      .max(RULES_MAX)
      .prefault([])
      .describe(
        'Bounds of each server: { name: data disk, of: disk, path: /srv, max: 90 }. Of each: name; of: disk (percent used of the file system of path), memory (percent that no program could get) or load (tasks for each processor, over a minute); max; forMs, how long it may be above that before it is told; intervalMs; service and latched as with probes. Applied while running.',
      ),
  })
  .prefault({})
  .describe('How the protected application and the servers are.');
