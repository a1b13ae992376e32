import { exclusionFrom, type ScannerTrouble, scannerTroubles } from '../../diagnosis/antivirus.ts';
import { type Exclusion, exclusionWords, type SettingsFiles } from '../../diagnosis/exclusion.ts';
import type { Cancel, Clock, Timers } from '../../kernel/clock.ts';
import type { ProblemCode } from '../../problems/problem.ts';
import { coversWhole, mayReach } from '../../settings/path-pattern.ts';
import type { PairSettings, ServerSettings } from '../../settings/settings.ts';
import type { Scanner } from '../../system/processes/scanners.ts';
import type { Thread } from '../../system/processes/threads.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import { foldersIn } from '../settings/protected-folders.ts';

const STEP_MS = 1000;
/** Between two looks while the settings stay: somebody may start a scanner, or exclude a folder. */
const LOOK_EVERY_MS = 30_000;
/** While a scanner decides about protected files: it may be mended any moment. */
const LOOK_AGAIN_MS = 5_000;
const TOLD: readonly ProblemCode[] = ['DIA-020', 'DIA-021'];
/** Somebody keeps a file from being updated: it may be a scanner. */
const HELD: ProblemCode = 'N29';

export interface AntivirusWatchOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly server: ServerSettings;
  readonly pairFile: { readonly settings: PairSettings };
  readonly findings: Pick<FindingBoard, 'raise' | 'clearAll' | 'has'>;
  readonly services: { readonly files: SettingsFiles };
  readonly startScannerSearch: (folders: readonly string[]) => Thread<never, readonly Scanner[]>;
}

/** What a look is made for: another one is due as soon as this changes. */
interface Occasion {
  readonly files: string;
  readonly isHeld: boolean;
}

/**
 * Warns of antivirus before it does harm, at each load of the settings and now and then, and knows what keeps it from
 * protected folders.
 */
export class AntivirusWatch {
  readonly #options: AntivirusWatchOptions;
  #thread: Thread<never, readonly Scanner[]> | null = null;
  #occasion: Occasion = { files: '', isHeld: false };
  #lookedAtMs = 0;
  /** By the folder, as the settings name it. */
  #exclusions: ReadonlyMap<string, Exclusion> = new Map();

  constructor(options: AntivirusWatchOptions) {
    this.#options = options;
  }

  start(): Cancel {
    const cancel = this.#options.timers.every(STEP_MS, () => this.#step());
    return () => {
      cancel();
      void this.#thread?.terminate();
    };
  }

  /** What makes the scanner leave this folder alone that decides there; null where it is not known. */
  exclusionOf(folder: string): Exclusion | null {
    return this.#exclusions.get(folder) ?? null;
  }

  #step(): void {
    const { clock, server, pairFile, findings } = this.#options;
    const { files } = pairFile.settings.protect;
    const occasion = { files: JSON.stringify(files), isHeld: findings.has(HELD) };
    // What was held and is free may be held again: that is another occasion.
    if (!occasion.isHeld) this.#occasion = { ...this.#occasion, isHeld: false };
    const isNew = occasion.files !== this.#occasion.files || (occasion.isHeld && !this.#occasion.isHeld);
    const everyMs = findings.has('DIA-021') ? LOOK_AGAIN_MS : LOOK_EVERY_MS;
    if (this.#thread !== null || (!isNew && clock.monotonicMs() - this.#lookedAtMs < everyMs)) return;
    this.#occasion = occasion;
    this.#lookedAtMs = clock.monotonicMs();
    const folders = foldersIn(server.base, files);
    const thread = this.#options.startScannerSearch(folders.map(({ realPath }) => realPath));
    this.#thread = thread;
    thread.onMessage((scanners) => this.#found(scanners, folders));
    thread.onEnd(() => {
      this.#thread = null;
    });
  }

  #found(scanners: readonly Scanner[], folders: ReturnType<typeof foldersIn>): void {
    const shown = (real: string): string => folders.find(({ realPath }) => realPath === real)?.path ?? real;
    const exclusions = new Map<string, Exclusion>();
    for (const { process, decidesIn } of scanners) {
      const exclusion = exclusionFrom(process, decidesIn, this.#options.services.files);
      if (exclusion !== null) for (const folder of decidesIn) exclusions.set(shown(folder), exclusion);
    }
    this.#exclusions = exclusions;
    const seen = scanners.map(({ process, decidesIn }) => ({ process, decidesIn: decidesIn.map(shown) }));
    this.#tell(scannerTroubles(seen, (folder) => this.#isProtected(folder)));
  }

  #isProtected(folder: string): boolean {
    const { server, pairFile } = this.#options;
    const { include, exclude } = pairFile.settings.protect.files;
    // What a scanner has outside of the base is never protected.
    return (
      server.base === '/' &&
      include.some((pattern) => mayReach(pattern, folder)) &&
      !exclude.some((pattern) => coversWhole(pattern, folder))
    );
  }

  #tell(troubles: readonly ScannerTrouble[]): void {
    const { findings } = this.#options;
    for (const code of TOLD) {
      const those = troubles.filter(({ problem }) => problem.code === code);
      const items = those.map(({ item }) => item);
      findings.clearAll(code, items);
      for (const { problem, item, evidence } of those) {
        const exclusion = code === 'DIA-021' ? this.exclusionOf(item) : null;
        findings.raise(problem, { item, evidence, action: exclusion === null ? null : exclusionWords(exclusion).plan });
      }
    }
  }
}
