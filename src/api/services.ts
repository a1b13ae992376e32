import { z } from 'zod';

/** One protected service on one server. */
export interface ServiceStatus {
  readonly name: string;
  readonly server: 'primary' | 'secondary';
  readonly manager: string;
  /** Is it in the pair's hands there? */
  readonly adopted: boolean;
  readonly target: 'Running' | 'Stopped';
  readonly actual: 'Running' | 'Starting' | 'Stopping' | 'Stopped' | 'Failed' | 'Missing' | 'Unknown';
  /** Null where its manager starts nothing by itself. */
  readonly start: 'Manual' | 'Automatic' | null;
  /** What its manager does when it fails: `Take No Action`, or in its words; null where it does nothing. */
  readonly recovery: string | null;
  readonly failures: number;
}

/** What the protected application, or a server, was asked, and how that stands. */
export interface HealthStatus {
  readonly name: string;
  readonly server: 'primary' | 'secondary';
  /** The protected service whose failure it is as well; null where there is none. */
  readonly service: string | null;
  /** `Failing`: not for long enough to be told. `Suspended`: not asked at the moment. */
  readonly state: 'Good' | 'Failing' | 'Bad' | 'Suspended';
  /** What was found last, as the end of a sentence; null before the first answer. */
  readonly detail: string | null;
}

/** A snapshot of the passive server's copy. */
export interface SnapshotStatus {
  /** ISO 8601. */
  readonly at: string;
  /** The copy held all up to there, and nothing after it. */
  readonly position: { readonly epoch: number; readonly sequence: number };
  /** It was one moment of the active server's, and nothing changed it meanwhile. */
  readonly consistent: boolean;
  readonly durationMs: number;
  /** Why it failed, as the end of a sentence; null where it did not. */
  readonly failure: string | null;
}

/** Maintenance. */
export interface PauseStatus {
  readonly reason: string;
  /** ISO 8601. */
  readonly since: string;
  readonly until: string;
}

export const PAUSE: z.ZodType<PauseStatus> = z.object({ reason: z.string(), since: z.string(), until: z.string() });

const IDENTITY = z.enum(['primary', 'secondary']);

export const SERVICE: z.ZodType<ServiceStatus> = z.object({
  name: z.string(),
  server: IDENTITY,
  manager: z.string(),
  adopted: z.boolean(),
  target: z.enum(['Running', 'Stopped']),
  actual: z.enum(['Running', 'Starting', 'Stopping', 'Stopped', 'Failed', 'Missing', 'Unknown']),
  start: z.enum(['Manual', 'Automatic']).nullable(),
  recovery: z.string().nullable(),
  failures: z.number().min(0),
});

export const HEALTH: z.ZodType<HealthStatus> = z.object({
  name: z.string(),
  server: IDENTITY,
  service: z.string().nullable(),
  state: z.enum(['Good', 'Failing', 'Bad', 'Suspended']),
  detail: z.string().nullable(),
});

export const SNAPSHOT: z.ZodType<SnapshotStatus> = z.object({
  at: z.string(),
  position: z.object({ epoch: z.number().min(0), sequence: z.number().min(0) }),
  consistent: z.boolean(),
  durationMs: z.number().min(0),
  failure: z.string().nullable(),
});

/** What would be changed on one server, in words. */
export const SERVICE_PLAN = z.object({
  server: IDENTITY,
  /** That would be adopted, or whose guard would be mended. */
  services: z.array(z.string()),
  changes: z.array(z.string()),
});
export type ServicePlan = z.output<typeof SERVICE_PLAN>;

/** What was let go of on one server, or why that could not be done. */
export const SERVICES_RELEASED = z.object({
  server: IDENTITY,
  services: z.array(z.string()),
  failure: z.string().nullable(),
});
