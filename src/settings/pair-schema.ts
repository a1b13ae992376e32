import { z } from 'zod';
import { GIB, MIB } from '../kernel/units.ts';
import { bytes, bytesPerSecond, type FieldMeta, matching, milliseconds, pattern } from './field.ts';
import { HEALTH_GROUP } from './health-schema.ts';
import { HOOKS } from './hook-schema.ts';
import { protectedRegistries } from './registry-schema.ts';
import { PROTECTED_PROGRAMS, PROTECTED_SERVICES, SERVICES_GROUP } from './service-schema.ts';
import type { Preset } from './settings.ts';
import { SNAPSHOTS_GROUP } from './snapshot-schema.ts';

const PATTERNS_MAX = 1000;

/** Keys (with the values, where only these) that later releases will know. */
export const NOT_YET: Readonly<Record<string, readonly unknown[] | 'all'>> = {
  publicAddress: 'all',
  witness: 'all',
};

/** Defaults that depend on the preset. */
export const PRESETS = {
  lan: { heartbeatMs: 500, lostAfterMs: 2_000 },
  default: { heartbeatMs: 1_000, lostAfterMs: 5_000 },
  cloud: { heartbeatMs: 5_000, lostAfterMs: 30_000 },
} as const satisfies Readonly<Record<Preset, object>>;

function byPreset(key: 'heartbeatMs' | 'lostAfterMs'): FieldMeta {
  const { lan, cloud } = PRESETS;
  return { presets: { lan: lan[key], default: PRESETS.default[key], cloud: cloud[key] } };
}

const PAIR_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const PAIR_NAME_FORM = 'a name of letters, digits, `.`, `_` and `-`, at most 63';

/** Why the text can't be the name of a pair; null when it can. */
export function pairNameFault(text: string): string | null {
  return PAIR_NAME.test(text) ? null : `must be ${PAIR_NAME_FORM}`;
}

const protect = z
  .strictObject({
    files: z
      .strictObject({
        include: z
          .array(pattern())
          .max(PATTERNS_MAX)
          .prefault([])
          .describe(
            'Patterns of what is protected. `*` stands for anything within a folder, `**` for any number of folders: /srv/shop/** is the folder and all below it.',
          ),
        exclude: z
          .array(pattern())
          .max(PATTERNS_MAX)
          .prefault([])
          .describe('Patterns of what is left out of the included.'),
      })
      .prefault({})
      .describe('Protected files.'),
    registry: protectedRegistries,
    services: PROTECTED_SERVICES,
    programs: PROTECTED_PROGRAMS,
  })
  .prefault({})
  .describe('What the pair protects.');

const channel = z
  .strictObject({
    waitMs: milliseconds(0, 60_000)
      .prefault(5_000)
      .describe(
        'How long the other server may be away before that is told (CHN-003). After a drop of the channel the status stays Synchronized and busy processing that long.',
      ),
    heartbeatMs: milliseconds(50, 60_000)
      .optional()
      .meta(byPreset('heartbeatMs'))
      .describe('Time between two signs of life.'),
    lostAfterMs: milliseconds(150, 600_000)
      .optional()
      .meta(byPreset('lostAfterMs'))
      .describe('Silence after which a connection counts as lost; at least three heartbeats.'),
    connectTimeoutMs: milliseconds(100, 120_000)
      .prefault(10_000)
      .describe('Time a connection may take to be made, its proof of identity included.'),
    reconnectDelayMsMin: milliseconds(10, 60_000)
      .prefault(200)
      .describe('Pause before the second attempt to connect; it doubles with every further one.'),
    reconnectDelayMsMax: milliseconds(10, 600_000)
      .prefault(5_000)
      .describe('The longest pause between two attempts to connect.'),
    timeDifferenceMaxMs: milliseconds(10, 3_600_000)
      .prefault(5_000)
      .describe('How far the clocks of the two servers may differ before a warning.'),
    bytesPerSecondMax: bytesPerSecond()
      .prefault(0)
      .describe(
        'How much each server sends to the other in a second, at most, as it goes over the link; heartbeats and reports are not counted. With 0 there is no bound. Applied while running.',
      ),
  })
  .prefault({})
  .describe('Times and bounds of the link between the servers.');

/** `pair.yaml`, the same on both servers. Every key's meaning, type, bounds and default; unknown keys are errors. */
export const PAIR_SCHEMA = z.strictObject({
  pair: matching(PAIR_NAME_FORM, PAIR_NAME).describe('Name of the pair, for people.'),
  active: z
    .enum(['primary', 'secondary'])
    .prefault('primary')
    .describe('Which server is active at the very first start. Read once.'),
  protect,
  capture: z
    .enum(['auto', 'intercept', 'watch'])
    .prefault('auto')
    .describe(
      "How changes are seen. watch asks the kernel for notices. intercept mounts over each protected folder: on the active server every change so is seen in its order, on the passive one nobody else can change anything; where that can't be had the folder is watched, and a finding says why. auto intercepts a folder where the daemon may, and while nobody has a file of it open for writing; otherwise it is watched, and the status says why.",
    ),
  replication: z
    .strictObject({
      mode: z
        .enum(['asynchronous', 'synchronous'])
        .prefault('asynchronous')
        .describe(
          'When an application that flushes a file (fsync, fdatasync, O_SYNC, O_DSYNC, msync) gets its answer: once it is durable on the active server; or, in intercepted folders, once it is durable on the passive server, too. Applied while running.',
        ),
      onPeerLoss: z
        .enum(['degrade', 'hold'])
        .prefault('degrade')
        .describe(
          'What happens to applications that flush files while the passive server is gone, in synchronous mode. degrade: they go on, which is told and recorded, and flushes wait again once it has caught up; hold: they wait. Applied while running.',
        ),
      holdMsMax: milliseconds(1_000, 86_400_000)
        .nullable()
        .prefault(null)
        .describe(
          'How long they wait with hold; then they go on as with degrade. With null they wait until the passive server is back. Applied while running.',
        ),
      answerMsMax: milliseconds(1_000, 600_000)
        .prefault(10_000)
        .describe(
          'A passive server that is connected and has not confirmed a flush for so long counts as gone for flushes. Applied while running.',
        ),
    })
    .prefault({})
    .describe('How changes travel.'),
  check: z
    .strictObject({
      onStart: z
        .enum(['full', 'fast'])
        .prefault('full')
        .describe('What is verified when a daemon starts: all content, or sizes, times and attributes.'),
      schedule: matching('a time `HH:MM`', /^([01]\d|2[0-3]):[0-5]\d$/)
        .nullable()
        .prefault('02:00')
        .describe('Local time of the daily full check. With null there is none.'),
      bytesPerSecondMax: bytesPerSecond()
        .prefault(0)
        .describe(
          'How much checks read and state on the active server in a second, at most, and how much of what they find missing or different is fetched from there. With 0 there is no bound. Applied while running.',
        ),
    })
    .prefault({})
    .describe('Verifying that both servers hold the same.'),
  apply: z
    .strictObject({
      readers: z
        .enum(['ignore', 'wait'])
        .prefault('ignore')
        .describe(
          'May a file be changed on the passive server that a program there has open for reading? ignore: yes; wait: it is in use (N29) until it is closed.',
        ),
    })
    .prefault({})
    .describe('Changing the files of the passive server.'),
  orphans: z
    .enum(['quarantine', 'log', 'delete'])
    .prefault('quarantine')
    .describe('What happens to an item that only the passive server has: set aside, only told, or deleted.'),
  quarantine: z
    .strictObject({
      sizeBytesMax: bytes(MIB)
        .prefault(10 * GIB)
        .describe('How much replaced and orphaned content is kept; the oldest goes first.'),
    })
    .prefault({})
    .describe('What was replaced or orphaned on the passive server.'),
  massLoss: z
    .strictObject({
      itemsMin: z
        .int()
        .min(1)
        .max(1_000_000_000)
        .nullable()
        .prefault(50)
        .describe(
          'A protected folder that loses more than half of its items within a minute, and at least this many, waits for a confirmation before the passive server loses them, too (APL-020). With null it never does.',
        ),
    })
    .prefault({})
    .describe('Losses that somebody has to confirm.'),
  services: SERVICES_GROUP,
  health: HEALTH_GROUP,
  hooks: HOOKS,
  snapshots: SNAPSHOTS_GROUP,
  preset: z
    .enum(['lan', 'default', 'cloud'])
    .prefault('default')
    .describe(
      'Which times suit the network: lan for one without pauses, cloud for machines that may be moved while running.',
    ),
  channel,
  queues: z
    .strictObject({
      ageMsMax: milliseconds(1_000, 86_400_000)
        .prefault(60_000)
        .describe('How long changes may wait before a warning that names the bottleneck.'),
    })
    .prefault({})
    .describe('Changes on their way.'),
});

export type PairFileValues = z.input<typeof PAIR_SCHEMA>;
