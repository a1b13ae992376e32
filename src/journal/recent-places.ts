import { comparePositions, type Position } from '../changes/change.ts';
import type { Segment } from './segment.ts';

/** As many reads are on their way to be acknowledged, or a few more. */
const REMEMBERED_MAX = 64;

/** A record boundary. */
export interface Place {
  readonly segment: Segment;
  readonly offset: number;
  /** Records of the segment before it. */
  readonly number: number;
}

/**
 * Where the last reads ended: the next one mostly goes on at the newest, and what is trimmed mostly ends with one of
 * them.
 */
export class RecentPlaces {
  /** Newest last. */
  #remembered: { readonly after: Position; readonly place: Place }[] = [];

  note(after: Position, place: Place): void {
    this.#remembered.push({ after, place });
    if (this.#remembered.length > REMEMBERED_MAX) this.#remembered.shift();
  }

  /** Where the first record after a position stands, or the end of the segment before it; null where it has to be looked for. */
  find(after: Position): Place | null {
    return this.#remembered.findLast((one) => comparePositions(one.after, after) === 0)?.place ?? null;
  }

  /** Of segments that are gone nothing is remembered. */
  keep(segments: readonly Segment[]): void {
    this.#remembered = this.#remembered.filter(({ place }) => segments.includes(place.segment));
  }

  clear(): void {
    this.#remembered = [];
  }
}
