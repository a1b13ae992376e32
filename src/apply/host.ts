import type { NodeId } from '../changes/change.ts';
import type { PullRequest } from '../changes/data-frame.ts';
import type { Difference } from '../changes/difference.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { ProblemData } from '../problems/problem.ts';
import type { UsedFile } from './in-use.ts';
import type { QuarantineEntry } from './store.ts';

/** For the pair's history. */
export type ApplyEvent =
  /** A difference the check found and that is being repaired. */
  | {
      readonly kind: 'difference';
      readonly path: ByteString;
      readonly difference: Difference['kind'];
      /** Of attributes: each that differs, for people. */
      readonly values?: readonly string[];
    }
  | { readonly kind: 'repaired'; readonly path: ByteString }
  /** Found at another name, and moved to where it belongs instead of being copied again. */
  | { readonly kind: 'moved'; readonly path: ByteString; readonly from: ByteString }
  | { readonly kind: 'quarantined'; readonly entry: QuarantineEntry }
  /** By an operator, to a real path. */
  | { readonly kind: 'restored'; readonly entry: QuarantineEntry; readonly to: ByteString }
  /** By an operator, for good. */
  | { readonly kind: 'purged'; readonly entries: readonly QuarantineEntry[] }
  /** Only on the passive server, and left there or deleted, as the settings ask. */
  | { readonly kind: 'orphan'; readonly path: ByteString; readonly action: 'log' | 'delete' }
  | { readonly kind: 'meddled'; readonly path: ByteString; readonly what: string; readonly processId: number }
  /** In use: what is to be done to it waits. */
  | { readonly kind: 'held'; readonly file: UsedFile }
  /** In use no more, or nothing waits for it any more. */
  | { readonly kind: 'released'; readonly path: ByteString }
  | { readonly kind: 'problem'; readonly path: ByteString | null; readonly problem: ProblemData }
  /** This problem, told before, is over. */
  | { readonly kind: 'cleared'; readonly problem: ProblemData };

/** What Apply asks of its surroundings. Called on Apply's own thread; must not call back into Apply. */
export interface ApplyHost {
  pull(requests: readonly PullRequest[]): void;
  /** The active server is to state this node again (of a folder: its names, too). */
  recheck(node: NodeId): void;
  /** The active server is to state what it has there, be it nothing. */
  recheckPath(path: ByteString): void;
  note(event: ApplyEvent): void;
}
