import { z } from 'zod';
import { milliseconds } from './field.ts';

const SERVICES_MAX = 100;
const PROGRAMS_MAX = 100;
const WORDS_MAX = 100;
const WORD_LENGTH_MAX = 4096;
const ACTIONS_MAX = 10;
const TIMEOUT_MS_MAX = 3_600_000;

export const command = z.array(z.string().max(WORD_LENGTH_MAX)).min(1).max(WORDS_MAX);

const action = z.union([z.enum(['recover', 'restart', 'warn']), z.strictObject({ command })]);

/** One protected service. */
const service = z.strictObject({
  name: z.string().min(1).max(200).describe('As its manager calls it: shop.service.'),
  manager: z
    .enum(['systemd', 'runit', 's6', 'supervisord', 'command'])
    .prefault('systemd')
    .describe('Who starts and stops it.'),
  start: command.optional().describe('With manager command: what starts it.'),
  stop: command.optional().describe('With manager command: what stops it.'),
  status: command.optional().describe('With manager command: ends with 0 while it runs.'),
  manage: z.boolean().prefault(true).describe('Started and stopped by the pair.'),
  monitor: z.boolean().prefault(true).describe('Its failures are counted and acted on.'),
  startTimeoutMs: milliseconds(1_000, TIMEOUT_MS_MAX).prefault(60_000).describe('Longer is told.'),
  stopTimeoutMs: milliseconds(1_000, TIMEOUT_MS_MAX).prefault(60_000).describe('Then its processes are ended.'),
  onFailure: z.array(action).min(1).max(ACTIONS_MAX).prefault(['recover', 'recover', 'restart']),
});

export type ServiceValues = z.output<typeof service>;

export const PROTECTED_SERVICES = z
  .array(service)
  .max(SERVICES_MAX)
  .prefault([])
  .describe(
    'Services that run on the active server and never on the passive one, once `understudy services adopt` has been confirmed: `{ name: shop.service }`. They are started in this order and stopped in the reverse. Of each may be said: manager, systemd, runit, s6 (name: the folder of the service, below /etc/service or /run/service where it is no whole path), supervisord (name: the program; set autostart and autorestart to false for it) or command (then with the commands start, stop and status, each a list of words); manage and monitor; startTimeoutMs and stopTimeoutMs; onFailure, what is done about the first failure, the second and so on: recover starts it again, restart stops all services and starts them again, once a minute at the most, warn only tells, { command: [...] } runs a command and starts it again. Applied while running.',
  );

export const PROTECTED_PROGRAMS = z
  .array(
    z.strictObject({
      name: z
        .string()
        .min(1)
        .max(200)
        .regex(/^[^/]+$/),
      onPassive: z.enum(['report', 'end']).prefault('report'),
    }),
  )
  .max(PROGRAMS_MAX)
  .prefault([])
  .describe(
    'Programs that have no business on the passive server, such as clients of a protected application: { name: psql }. A name is the last part of the path of a program, or of a script. What runs there is told with what it holds open (onPassive: report), or ended as well (onPassive: end). Applied while running.',
  );

export const SERVICES_GROUP = z
  .strictObject({
    checkIntervalMs: milliseconds(100, 60_000)
      .prefault(1_000)
      .describe('How often the protected services are looked at; what systemd tells by itself is seen at once.'),
  })
  .prefault({})
  .describe('How protected services are watched.');
