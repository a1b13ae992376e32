import { type ScannerTrouble, scannerTroubles } from '../diagnosis/antivirus.ts';
import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { ProblemCode } from '../problems/problem.ts';
import { coversWhole, mayReach } from '../settings/path-pattern.ts';
import type { PairSettings, ServerSettings } from '../settings/settings.ts';
import type { Scanner } from '../system/scanners.ts';
import type { Thread } from '../system/threads.ts';
import type { FindingBoard } from './finding-board.ts';
import { foldersIn } from './protected-folders.ts';

const STEP_MS = 1000;
/** Between two looks while the settings stay: somebody may start a scanner, or exclude a folder. */
const LOOK_EVERY_MS = 30_000;
const TOLD: readonly ProblemCode[] = ['DIA-020', 'DIA-021'];

/**
 * Warns of antivirus before it does harm: at each load of the settings, and now and then.
 * @returns ends it.
 */
export function watchAntivirus(options: {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly server: ServerSettings;
  readonly pairFile: { readonly settings: PairSettings };
  readonly findings: Pick<FindingBoard, 'raise' | 'clearAll'>;
  readonly startScannerSearch: (folders: readonly string[]) => Thread<never, readonly Scanner[]>;
}): Cancel {
  const { clock, timers, server, pairFile, findings } = options;
  let thread: Thread<never, readonly Scanner[]> | null = null;
  let looked = { files: '', atMs: 0 };
  const look = (): void => {
    const { files } = pairFile.settings.protect;
    const text = JSON.stringify(files);
    const isDue = text !== looked.files || clock.monotonicMs() - looked.atMs >= LOOK_EVERY_MS;
    if (thread !== null || !isDue) return;
    looked = { files: text, atMs: clock.monotonicMs() };
    const folders = foldersIn(server.base, files);
    thread = options.startScannerSearch(folders.map(({ realPath }) => realPath));
    thread.onMessage((scanners) => tell(findings, troublesOf(scanners, folders, { server, files })));
    thread.onEnd(() => {
      thread = null;
    });
  };
  const cancel = timers.every(STEP_MS, look);
  return () => {
    cancel();
    void thread?.terminate();
  };
}

function troublesOf(
  scanners: readonly Scanner[],
  folders: readonly { readonly path: string; readonly realPath: string }[],
  protects: { readonly server: ServerSettings; readonly files: PairSettings['protect']['files'] },
): readonly ScannerTrouble[] {
  const shown = (real: string): string => folders.find(({ realPath }) => realPath === real)?.path ?? real;
  const { include, exclude } = protects.files;
  // What a scanner has outside of the base is never protected.
  const isProtected = (folder: string): boolean =>
    protects.server.base === '/' &&
    include.some((pattern) => mayReach(pattern, folder)) &&
    !exclude.some((pattern) => coversWhole(pattern, folder));
  const seen = scanners.map(({ process, decidesIn }) => ({ process, decidesIn: decidesIn.map(shown) }));
  return scannerTroubles(seen, isProtected);
}

function tell(findings: Pick<FindingBoard, 'raise' | 'clearAll'>, troubles: readonly ScannerTrouble[]): void {
  for (const code of TOLD) {
    const those = troubles.filter(({ problem }) => problem.code === code);
    findings.clearAll(
      code,
      those.map(({ item }) => item),
    );
    for (const { problem, item, evidence } of those) findings.raise(problem, { item, evidence });
  }
}
