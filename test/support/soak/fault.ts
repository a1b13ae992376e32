import type { SeededRandom } from '../seeded-random.ts';
import type { SoakRig } from './rig.ts';

/** A fault that lasts. */
export interface FaultUnderWay {
  /** What was done, and to what. */
  readonly what: string;
  /** All is mended. */
  end(): void | Promise<void>;
}

/** One kind of fault. */
export interface FaultKind {
  readonly name: string;
  /** What it is done to: only one fault at a time is done to the same. */
  readonly to: string;
  /** How often, compared with the others. */
  readonly weight: number;
  /** A process does not live through it. */
  readonly endsDaemon?: boolean;
  /** @returns null where there was nothing that it could be done to. */
  begin(rig: SoakRig, random: SeededRandom): FaultUnderWay | null | Promise<FaultUnderWay | null>;
}
