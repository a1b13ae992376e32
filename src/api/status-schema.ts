import { z } from 'zod';
import { HEALTH, PAUSE, SERVICE } from './services.ts';
import {
  type CheckProgress,
  type Finding,
  type ReplicationStatus,
  type Status,
  SYNCHRONIZATION_STATUSES,
} from './status.ts';

const IDENTITY = z.enum(['primary', 'secondary']);
const ROLE = z.enum(['active', 'passive']);
const COUNT = z.number().min(0);
const SYSTEM_STATUS = z.enum([
  'Initializing',
  'Starting as active server',
  'Connecting to peer server',
  'Starting replication',
  'Replicating',
  'Not replicating',
  'Lost active server',
  'Disconnecting from peer server',
  'Server not responding',
  'Shutting down',
]);
export const CHANNEL_STATUS = z.enum(['Connected', 'Waiting', 'Not connected']);
const QUEUE = z.object({ bytes: COUNT, records: COUNT, oldestMs: COUNT });

export const CHECK_PROGRESS: z.ZodType<CheckProgress> = z.object({
  kind: z.enum(['full', 'fast']),
  itemsDone: COUNT,
  itemsTotal: COUNT,
  bytesDone: COUNT,
  bytesTotal: COUNT,
  bytesPerSecond: COUNT,
  remainingMs: COUNT.nullable(),
});

export const FINDING: z.ZodType<Finding> = z.object({
  id: z.string(),
  code: z.string(),
  severity: z.enum(['error', 'warning', 'information']),
  server: IDENTITY,
  item: z.string().nullable(),
  since: z.string(),
  cause: z.string(),
  evidence: z.array(z.string()),
  resolution: z.string(),
  action: z.string().nullable(),
  parent: z.string().nullable(),
});

const REPLICATION_MODE = z.enum(['asynchronous', 'synchronous']);
const POSITION = z.object({ epoch: COUNT, sequence: COUNT });

export const REPLICATION: z.ZodType<ReplicationStatus> = z.object({
  mode: REPLICATION_MODE,
  inForce: REPLICATION_MODE,
  since: z.string(),
  synchronous: z
    .object({
      state: z.enum(['in force', 'holding', 'behind', 'unavailable']),
      onPeerLoss: z.enum(['degrade', 'hold']),
      reason: z.string().nullable(),
      position: POSITION.nullable(),
      waiting: COUNT,
      addedMs: z.object({ p50: COUNT, p99: COUNT }).nullable(),
      asOf: z.string(),
    })
    .optional(),
});

/** What a daemon's answer to `status` must look like. */
export const STATUS: z.ZodType<Status> = z.object({
  pair: z.string(),
  identity: IDENTITY,
  role: ROLE,
  epoch: COUNT,
  systemStatus: SYSTEM_STATUS,
  asOf: z.string(),
  peer: z.object({ role: ROLE, systemStatus: SYSTEM_STATUS, asOf: z.string() }).nullable(),
  fileSystem: z.object({
    status: z.enum(SYNCHRONIZATION_STATUSES),
    consistent: z.boolean(),
    itemsTotal: COUNT,
    itemsOutOfSync: COUNT,
    itemsUnchecked: COUNT,
    position: POSITION,
    check: CHECK_PROGRESS.nullable(),
  }),
  registry: z.object({
    status: z.enum(SYNCHRONIZATION_STATUSES),
    itemsTotal: COUNT,
    itemsOutOfSync: COUNT,
    itemsUnchecked: COUNT,
    check: CHECK_PROGRESS.nullable(),
  }),
  channel: z.object({
    status: CHANNEL_STATUS,
    routes: z.array(z.object({ address: z.string(), status: CHANNEL_STATUS, roundTripMs: COUNT.nullable() })),
    data: z
      .object({
        sentBytesPerSecond: COUNT,
        receivedBytesPerSecond: COUNT,
        compressing: z.boolean(),
        compressionRatio: COUNT.nullable(),
      })
      .optional(),
  }),
  queues: z.object({ send: QUEUE, receive: QUEUE }),
  recoveryPoint: z.object({ ms: COUNT, bytes: COUNT, items: COUNT, asOf: z.string() }).nullable(),
  replication: REPLICATION,
  capture: z.array(
    z.object({ folder: z.string(), kind: z.enum(['intercept', 'watch']), because: z.string().exactOptional() }),
  ),
  filters: z.array(
    z.object({
      kind: z.enum(['include', 'exclude']),
      pattern: z.string(),
      state: z.enum(['Effective', 'Subset', 'Not Effective']),
      detail: z.string(),
    }),
  ),
  services: z.array(SERVICE).optional(),
  health: z.array(HEALTH).optional(),
  pause: PAUSE.nullable().optional(),
  findings: z.array(FINDING),
});
