import type { Attributes, NodeId } from '../changes/change.ts';
import type { PullAnswer } from '../changes/data-frame.ts';
import { withHolesOf } from '../changes/extended.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { fromLatin1 } from '../kernel/byte-string.ts';
import type { NameAt } from '../kernel/files.ts';
import { PullPlan } from './pull-plan.ts';

const NONE = fromLatin1('');

/** Size and attributes that were stated. */
export type Expected = { readonly sizeBytes: number; readonly attributes: Attributes };

/** A part of a file, in bytes. */
export type Range = { readonly offset: number; readonly length: number };

/** Bytes written on the active server, with what the file is afterwards. */
export type Written = Expected & { readonly offset: number; readonly content: Uint8Array };

/**
 * `whole`: a small file, made from one answer. `staged`: a large file that is gathered beside the
 * protected folder and gets its names when it is whole. `inPlace`: some ranges of a file that is there.
 */
export type PullKind = 'whole' | 'staged' | 'inPlace';

export interface Pull {
  readonly node: Node;
  /** Rises from pull to pull. */
  readonly number: number;
  readonly kind: PullKind;
  readonly plan: PullPlan;
  /** Size in bytes that was stated, for a `whole` pull. */
  expected: number;
  /** Its part in the bytes waiting, when last counted. */
  bytesCounted: number;
  /** Where a `staged` file is gathered. */
  readonly stagedAt: NameAt | null;
  /** It belongs to a change, and goes before what a check found to be missing. */
  isChange: boolean;
  /** Content left over from before a restart: complete only when a check says so. */
  unproven: boolean;
  /** The active's file changed size while it was pulled. */
  changed: boolean;
  /** How often the node had come into doubt when, but for what is pulled, it was last known to be equal; null: it is in doubt. */
  provenAt: number | null;
  /** The file that a rename of this node replaced: shown until this one is whole. */
  standIn: { readonly name: Name; readonly inode: number } | null;
}

/** Content that is on its way. */
export interface PullCounts {
  readonly pullsWaiting: number;
  readonly bytesWaiting: number;
  /** Numbers of the pull that waits longest (beyond all numbers where none does) and of the next one. */
  readonly pullsFrom: number;
  readonly pullsTo: number;
  /** Pulls for which there is more to ask than may be on its way now. */
  readonly pullsUnasked: number;
  /** Pulled since the last checkpoint: here, and not yet safe from a power cut. */
  readonly pullsUnsaved: number;
}

/** Of all that is pulled, in the order in which it began. @param next - number of the next one. */
export function numbersOf(
  pulls: ReadonlyMap<NodeId, Pull>,
  next: number,
): Pick<PullCounts, 'pullsWaiting' | 'pullsFrom' | 'pullsTo'> {
  const [oldest] = pulls.values();
  return { pullsWaiting: pulls.size, pullsFrom: oldest?.number ?? Number.POSITIVE_INFINITY, pullsTo: next };
}

/** With nothing asked for yet. */
export function newPull(
  what: Pick<Pull, 'node' | 'number' | 'kind' | 'stagedAt'> & { readonly expected: Expected },
): Pull {
  const { sizeBytes, attributes } = what.expected;
  const plan = new PullPlan(sizeBytes, attributes);
  return {
    ...what,
    plan,
    expected: sizeBytes,
    bytesCounted: 0,
    unproven: false,
    isChange: false,
    changed: false,
    provenAt: null,
    standIn: null,
  };
}

/** The file of a `whole` pull was stated once more. */
export function expectWhole(pull: Pull, { sizeBytes, attributes }: Expected): void {
  pull.expected = sizeBytes;
  pull.plan.attributes = attributes;
}

/**
 * An answer that was kept is older than some records that were applied before it was of use: the attributes are those
 * of the records, but for holes, which go with content. What it has that is newer is told by a record that comes.
 */
export function asApplied({ plan }: Pull, kept: PullAnswer): PullAnswer {
  const { extended = NONE } = plan.attributes;
  const had = kept.attributes.extended ?? NONE;
  const attributes = extended === had ? plan.attributes : { ...plan.attributes, extended: withHolesOf(extended, had) };
  return { ...kept, attributes };
}

/** Nothing but zeros: a hole in a file says the same. */
export function isZero(content: Uint8Array): boolean {
  return content[0] === 0 && Buffer.compare(content.subarray(1), content.subarray(0, content.length - 1)) === 0;
}
