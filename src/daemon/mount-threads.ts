import type { Agreement } from '../intercept/session-operations.ts';
import type { Attempt } from '../intercept/attempts.ts';
import type { Ended } from '../intercept/serve.ts';

/** What a thread that serves a mount starts with. */
export interface MountThreadStart {
  readonly connection: number;
  readonly root: number;
  readonly wake: number;
  readonly mountList: number;
  readonly locks: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
  readonly thread: number;
  readonly excluded: readonly string[];
  readonly marks: SharedArrayBuffer | null;
  readonly mount: number;
  readonly wayMemory: SharedArrayBuffer;
  readonly readerWake: number | null;
  readonly replies: SharedArrayBuffer | null;
}

/** What it tells. */
export type FromMountThread =
  | { readonly kind: 'agreement'; readonly agreement: Agreement }
  | { readonly kind: 'mounts' }
  | { readonly kind: 'attempts'; readonly attempts: readonly Attempt[] }
  | { readonly kind: 'ended'; readonly ended: Ended };
