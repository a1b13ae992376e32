import type { Takeover } from '../intercept/serve-options.ts';
import type { Agreement } from '../intercept/session-operations.ts';
import type { Ended } from '../intercept/serve.ts';
import type { MappedPlace } from '../kernel/shared-memory.ts';

/** What a thread that serves a mount starts with. */
export interface MountThreadStart {
  readonly connection: number;
  readonly root: number;
  readonly wake: number;
  readonly mountList: number;
  /** The mount's memory, and of how many threads. */
  readonly memory: MappedPlace;
  readonly threads: number;
  readonly ownHandles: SharedArrayBuffer;
  readonly ring: MappedPlace;
  readonly thread: number;
  readonly firstThread: number;
  readonly excluded: readonly string[];
  readonly mount: number;
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
  | { readonly kind: 'ended'; readonly ended: Ended };
