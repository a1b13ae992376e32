import { z } from 'zod';
import { SERVICE_PLAN, SERVICES_RELEASED, SNAPSHOT } from './services.ts';
import { SYNCHRONIZATION_STATUSES } from './status.ts';
import { CHANNEL_STATUS, CHECK_PROGRESS, FINDING, STATUS } from './status-schema.ts';

/** Longest request, in bytes of JSON. */
export const REQUEST_BYTES_MAX = 64 * 1024;
/** Most items in one answer of a list; the rest comes with `after`. */
export const PAGE_ITEMS_MAX = 1000;

/** Longer than the kernel takes at once: folders are opened one by one. */
const PATH = z.string().min(1).max(0xffff);
const LIMIT = z.int().min(1).max(PAGE_ITEMS_MAX).default(100);
const ID = z.string().min(1).max(100);
const COUNT = z.number().min(0);

const CHECK_REQUEST = z.strictObject({
  mode: z.enum(['full', 'fast']).default('full'),
  /** Tells differences and repairs nothing. */
  verifyOnly: z.boolean().default(false),
  /** Protected paths; everything protected where empty. */
  paths: z.array(PATH).max(100).default([]),
  /** Only the protected registries; without, they are checked where `paths` is empty, too. */
  registry: z.boolean().default(false),
});

const CHECK_RESULT = z.object({
  kind: z.literal('result'),
  /** False where it was given up. */
  finished: z.boolean(),
  /** Why it was given up, or says nothing about some items; null where it says all that was asked. */
  reason: z.string().nullable(),
  itemsChecked: COUNT,
  bytesChecked: COUNT,
  /** Items that are there and could not be read on the active server: nothing is known of them. */
  unreadable: COUNT,
  /** Items found different. */
  differences: COUNT,
  /** Of these, made equal. */
  repaired: COUNT,
  /** Of these, only on the passive server and left there, as `orphans: log` asks. */
  left: COUNT,
  /** Some of what differed, for people; at most 100. */
  examples: z.array(z.object({ path: z.string(), what: z.string() })).max(100),
});

const CHECK_ANSWER = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), progress: CHECK_PROGRESS }),
  CHECK_RESULT,
]);

const ITEM_TYPE = z.enum(['file', 'folder', 'symlink', 'fifo', 'characterDevice', 'blockDevice', 'key', 'other']);

const FILE_ITEM = z.object({
  path: z.string(),
  type: ITEM_TYPE,
  status: z.enum(['Synchronized', 'Out of sync', 'Unchecked']),
  /** ISO 8601; null where the item is as it should be. */
  since: z.string().nullable(),
  reason: z.string().nullable(),
});

const DIFFERENCE = z.object({
  /** Which property: `content`, `size`, `mode`, `owner`, `modified`, `type`, `target`, `existence`, … */
  what: z.string(),
  active: z.string().nullable(),
  passive: z.string().nullable(),
});

export const EVENT_RECORD = z.object({
  id: z.number(),
  /** ISO 8601. */
  at: z.string(),
  server: z.enum(['primary', 'secondary']),
  level: z.enum(['error', 'warning', 'information']),
  code: z.string().nullable(),
  text: z.string(),
  item: z.string().nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

const QUARANTINE_ENTRY = z.object({
  id: z.string(),
  path: z.string(),
  type: ITEM_TYPE,
  /** Why it was set aside: `replaced`, `orphan`, `diverged`, … */
  reason: z.string(),
  at: z.string(),
  sizeBytes: COUNT,
});

const INVITE_ANSWER = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('token'), token: z.string(), expiresAt: z.string() }),
  z.object({ kind: z.literal('done'), peerAddress: z.string() }),
]);

interface Call<Request extends z.ZodType, Answer extends z.ZodType, Streams extends boolean> {
  readonly request: Request;
  /** Of a streaming call: of each part. */
  readonly answer: Answer;
  readonly streams: Streams;
}

function one<Request extends z.ZodType, Answer extends z.ZodType>(
  request: Request,
  answer: Answer,
): Call<Request, Answer, false> {
  return { request, answer, streams: false };
}

function stream<Request extends z.ZodType, Answer extends z.ZodType>(
  request: Request,
  answer: Answer,
): Call<Request, Answer, true> {
  return { request, answer, streams: true };
}

const NOTHING = z.strictObject({});

/**
 * Everything a daemon offers: `POST /v1/<name>` with the request as JSON. A streaming call answers
 * with parts as they come. Server, command line and console are made from this one table.
 */
export const API = {
  status: one(NOTHING, STATUS),
  /** Starts a check and follows it; when the caller leaves, the check goes on. Ends with one `result`. */
  check: stream(CHECK_REQUEST, CHECK_ANSWER),
  /**
   * Items in byte order of their paths; those that aren't Synchronized where `outOfSync`. `after` is a path, or
   * `next` of the page before.
   */
  files: one(
    z.strictObject({ outOfSync: z.boolean().default(false), after: PATH.optional(), limit: LIMIT }),
    z.object({
      items: z.array(FILE_ITEM).max(PAGE_ITEMS_MAX),
      next: z.string().nullable(),
      /** What is the case as a whole: that no item is listed does not say that all are Synchronized. */
      fileSystem: z.enum(SYNCHRONIZATION_STATUSES),
      registry: z.enum(SYNCHRONIZATION_STATUSES),
      /** Files, folders and registry keys. */
      itemsUnchecked: COUNT,
      channel: CHANNEL_STATUS,
      /** Records in the send queue. */
      changesWaiting: COUNT,
    }),
  ),
  /** How one item differs. No differences: it is equal. */
  diff: one(
    z.strictObject({ path: PATH }),
    z.object({
      path: z.string(),
      status: FILE_ITEM.shape.status,
      differences: z.array(DIFFERENCE).max(100),
      /** Why it stands so, or why `files` has it otherwise for now; absent where there is nothing to say. */
      reason: z.string().optional(),
    }),
  ),
  findings: one(NOTHING, z.object({ findings: z.array(FINDING) })),
  /** Whether the pair has what it needs, looked at now: what lasts, and what was found besides. */
  preflight: one(
    NOTHING,
    z.object({
      findings: z.array(FINDING),
      servers: z
        .array(z.enum(['primary', 'secondary']))
        .min(1)
        .max(2),
    }),
  ),
  /** What helps somebody who is not there: of each server some text files, without secrets. */
  collect: one(
    NOTHING,
    z.object({
      servers: z
        .array(
          z.object({
            server: z.enum(['primary', 'secondary']),
            files: z.array(z.object({ name: z.string().regex(/^[a-z.-]{1,60}$/), text: z.string() })).max(50),
          }),
        )
        .max(2),
    }),
  ),
  /** Carries out the action of a finding. */
  fix: one(z.strictObject({ id: ID }), z.object({ done: z.string() })),
  /** The newest `limit` events that match, oldest first. */
  events: one(
    z.strictObject({
      since: z.iso.datetime({ offset: true }).optional(),
      code: z.string().min(1).max(20).optional(),
      limit: LIMIT,
    }),
    z.object({ events: z.array(EVENT_RECORD).max(PAGE_ITEMS_MAX) }),
  ),
  quarantineList: one(
    z.strictObject({ after: ID.optional(), limit: LIMIT }),
    z.object({
      entries: z.array(QUARANTINE_ENTRY).max(PAGE_ITEMS_MAX),
      next: z.string().nullable(),
      bytesTotal: COUNT,
    }),
  ),
  /** Puts an entry at `to`, a real path of the passive server, or back to its place where that is no longer protected. */
  quarantineRestore: one(z.strictObject({ id: ID, to: PATH.nullable().default(null) }), z.object({ path: z.string() })),
  /** Removes one entry, or everything where `id` is null. */
  quarantinePurge: one(z.strictObject({ id: ID.nullable() }), z.object({ entries: COUNT, bytes: COUNT })),
  /** One `token`, then `done` once the other server has joined. Ends when the caller leaves. */
  invite: stream(NOTHING, INVITE_ANSWER),
  /** What `servicesAdopt` would change on both servers; nothing where `services` are empty. */
  servicesPlan: one(NOTHING, z.object({ servers: z.array(SERVICE_PLAN), digest: z.string() })),
  /** Takes the listed services into the pair's hands; `digest` is of the plan that was looked at. */
  servicesAdopt: one(z.strictObject({ digest: ID }), z.object({ servers: z.array(SERVICE_PLAN) })),
  /** Until its end no service is started, stopped or restarted on either server. */
  pause: one(
    z.strictObject({ reason: z.string().min(1).max(500), forMs: z.int().min(60_000).max(604_800_000) }),
    z.object({ until: z.string() }),
  ),
  resume: one(NOTHING, z.object({ wasPaused: z.boolean() })),
  /** Undoes what was changed for services on both servers. */
  servicesRelease: one(NOTHING, z.object({ servers: z.array(SERVICES_RELEASED) })),
  /** Of the passive server, newest first. */
  snapshots: one(NOTHING, z.object({ snapshots: z.array(SNAPSHOT) })),
  /** Begins one there. */
  snapshotTake: one(NOTHING, NOTHING),
  /** The pair settings in force, as text. */
  pairSettings: one(NOTHING, z.object({ version: COUNT, file: z.string(), text: z.string() })),
} as const;

export type ApiName = keyof typeof API;
/** As a caller gives it: what has a default may be left out. */
export type RequestOf<Name extends ApiName> = z.input<(typeof API)[Name]['request']>;
/** As a handler gets it. */
export type CheckedRequestOf<Name extends ApiName> = z.output<(typeof API)[Name]['request']>;
export type AnswerOf<Name extends ApiName> = z.output<(typeof API)[Name]['answer']>;
export type StreamName = { [Name in ApiName]: (typeof API)[Name]['streams'] extends true ? Name : never }[ApiName];
export type CallName = Exclude<ApiName, StreamName>;

export type EventRecord = z.output<typeof EVENT_RECORD>;
export type CheckResult = z.output<typeof CHECK_RESULT>;
export type FileItem = z.output<typeof FILE_ITEM>;
export type QuarantineEntry = z.output<typeof QUARANTINE_ENTRY>;

/** What a handler knows about its caller. */
export interface CallContext {
  /** Aborted when the caller goes away or the server closes. */
  readonly signal: AbortSignal;
}

/** The daemon's half of {@link API}. A handler fails with a Problem; anything else it throws is a bug. */
export type Handlers = {
  readonly [Name in ApiName]: (
    request: CheckedRequestOf<Name>,
    context: CallContext,
  ) => (typeof API)[Name]['streams'] extends true ? AsyncIterable<AnswerOf<Name>> : Promise<AnswerOf<Name>>;
};

const PROBLEM_BODY = z.object({
  code: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  message: z.string(),
  cause: z.string(),
  resolution: z.string(),
});
export type ProblemBody = z.output<typeof PROBLEM_BODY>;

/** The body of an answer with a status of 400 and above. */
export const FAILURE = z.object({ problem: PROBLEM_BODY });

/** One line of a streaming call: why it failed, its orderly end, or a part. The first two are the last line. */
export const STREAM_LINE = z.union([
  FAILURE,
  z.object({ end: z.literal(true) }),
  z.object({ part: z.record(z.string(), z.unknown()) }),
]);
