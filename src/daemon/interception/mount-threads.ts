import type { Takeover } from '../../intercept/serve-options.ts';
import type { Agreement } from '../../intercept/session-operations.ts';
import type { Attempt } from '../../intercept/attempts.ts';
import type { Ended } from '../../intercept/serve.ts';
import type { MappedPlace } from '../../kernel/shared-memory.ts';

/** What a thread that serves a mount starts with. */
export interface MountThreadStart {
  readonly connection: number;
  readonly root: number;
  readonly wake: number;
  readonly mountList: number;
  /** What of it outlives this process, and of how many threads. */
  readonly kept: MappedPlace;
  readonly threads: number;
  readonly ownHandles: SharedArrayBuffer;
  readonly ring: MappedPlace;
  readonly thread: number;
  readonly firstThread: number;
  readonly mount: number;
  /** From makeWayMemory. */
  readonly wayMemory: SharedArrayBuffer;
  readonly readerWake: number | null;
  readonly takeover: Takeover | null;
  /** A word that is 1 when what was told last is done; null where files that lose their name are not kept. */
  readonly keptWord: SharedArrayBuffer | null;
  readonly replies: MappedPlace | null;
}

/** What it tells. */
export type FromMountThread =
  | { readonly kind: 'agreement'; readonly agreement: Agreement }
  | { readonly kind: 'mounts' }
  | { readonly kind: 'settled' }
  /** The descriptor is whose hears it. The thread waits. */
  | { readonly kind: 'keep'; readonly low: number; readonly high: number; readonly descriptor: number }
  | { readonly kind: 'letGo'; readonly low: number; readonly high: number }
  | { readonly kind: 'attempts'; readonly attempts: readonly Attempt[] }
  | { readonly kind: 'ended'; readonly ended: Ended };
