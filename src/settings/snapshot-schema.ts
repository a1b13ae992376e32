import { z } from 'zod';
import { matching, milliseconds } from './field.ts';
import { command } from './service-schema.ts';

const TIMES_MAX = 96;

export const SNAPSHOTS_GROUP = z
  .strictObject({
    schedule: z
      .array(matching('a time `HH:MM`', /^([01]\d|2[0-3]):[0-5]\d$/))
      .max(TIMES_MAX)
      .prefault([])
      .describe('Times of day, by local clocks, at which one is taken. Applied while running.'),
    command: command
      .nullable()
      .prefault(null)
      .describe(
        'What takes one on the passive server: a list of words, run without a shell, such as [lvcreate, --snapshot, ...]. Meanwhile nothing is changed in the copy, which is one moment of the active server’s where folders are intercepted; changes are received all the same. It finds UNDERSTUDY_EPOCH and UNDERSTUDY_SEQUENCE (the position), UNDERSTUDY_CONSISTENT, UNDERSTUDY_PAIR, UNDERSTUDY_IDENTITY and UNDERSTUDY_ROLE in its environment. Keep it short: take the snapshot and copy that afterwards. Applied while running.',
      ),
    timeoutMs: milliseconds(1_000, 600_000).prefault(60_000).describe('Then the command is ended, and Apply goes on.'),
  })
  .prefault({})
  .describe("Snapshots of the passive server's copy.");
