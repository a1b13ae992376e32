import type { Capture } from '../../capture/capture.ts';
import type { ChangeSink, StillTurns } from '../../capture/shadow.ts';
import type { Change } from '../../changes/change.ts';
import type { NodeTree } from '../../changes/node-tree.ts';
import type { ProtectedSet } from '../../changes/protected-set.ts';
import { withNothingUntold } from '../../changes/untold-attributes.ts';
import { type ByteString, toDisplay } from '../../kernel/byte-string.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type Flushes, NO_FLUSHES, openFlushes } from './flushes.ts';
import { openOperations, type OperationSource } from './operation-source.ts';
import type { ActiveReport } from '../status/side-report.ts';
import type { StreamInterception, StreamStart } from '../stream/thread-messages.ts';

/** Of the protocol (channel/hello.ts). */
const GATHERING_FROM_VERSION = 5;
const UNTOLD_FROM_VERSION = 6;

/** What interception adds to the active server's half. */
export interface InterceptedFolders {
  readonly operations: OperationSource;
  /** Flushes that wait for the passive server. */
  readonly flushes: Flushes;
  /** The other server is there, and speaks this version of the protocol with us. */
  readonly peerSpeaks: (version: number) => void;
  /** How each protected folder is captured. */
  readonly captureKinds: () => ActiveReport['capture'];
  /** Operations go to this capture from now on. */
  bind(capture: Capture): Capture;
  /** Where capture and checks tell their changes. */
  sink(emit: (change: Change) => void): ChangeSink;
}

/** @param interception - null where all folders are watched. */
export function interceptedFolders(
  interception: StreamInterception | null,
  parts: {
    readonly epoch: number;
    readonly tree: NodeTree;
    readonly set: ProtectedSet;
    readonly clock: Pick<Clock, 'monotonicMs'>;
    readonly start: Pick<StreamStart, 'watchedBecause'>;
  },
): InterceptedFolders {
  const { set, clock, start } = parts;
  let bound: Capture | null = null;
  const isIntercepted = (path: ByteString) =>
    interception?.folders.some((folder) => folder.path === path && folder.isOver) === true;
  const flushes =
    interception === null
      ? null
      : openFlushes(interception, { ...parts, capture: () => bound, operations: () => operations });
  let [knowsGathering, knowsUntold] = [false, false];
  const completed = (change: Change): Change => {
    // Operations tell names that go in their order, watching once no more go.
    if (change.kind === 'folderState' && knowsGathering)
      return { ...change, isGathered: !isIntercepted(change.folder) };
    return knowsUntold ? change : withNothingUntold(change);
  };
  let tell: ((change: Change) => void) | null = null;
  const operations: OperationSource = openOperations(interception, {
    emit: (change) => tell?.(change),
    take: (operation) => bound?.operations.take(operation),
    owes: () => bound?.operations.owes === true,
    flushed: (flush) => flushes?.met(flush),
    settle: () => bound?.operations.settle() !== false,
    lost: () => bound?.lostTrack('records'),
    nowMs: () => clock.monotonicMs(),
    isEverything: () => set.folders.every(({ path }) => isIntercepted(path)),
  });
  const still: StillTurns = {
    waitMs: () => operations.exactWaitMs('looks', clock.monotonicMs()),
    run: (work) => operations.exactly('looks', work),
  };
  return {
    operations,
    flushes: flushes ?? NO_FLUSHES,
    peerSpeaks: (version) => {
      knowsGathering = version >= GATHERING_FROM_VERSION;
      knowsUntold = version >= UNTOLD_FROM_VERSION;
    },
    captureKinds: () =>
      set.folders.map(({ path }) => {
        const folder = toDisplay(path);
        const because = start.watchedBecause[folder];
        if (isIntercepted(path)) return { folder, kind: 'intercept' };
        return { folder, kind: 'watch', ...(because === undefined ? {} : { because }) };
      }),
    bind: (capture) => (bound = capture),
    sink: (emit) => {
      tell = emit;
      return {
        emit: (change) => {
          operations.told(change);
          emit(completed(change));
        },
        readDisk: () => operations.read(),
        ...(interception === null ? {} : { still }),
      };
    },
  };
}
