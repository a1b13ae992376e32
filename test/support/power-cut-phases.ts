import fs from 'node:fs';
import type { Status } from '../../src/api/status.ts';
import { overfill } from './overfilled-queue.ts';
import type { PowerCutTrial } from './power-cut-trial.ts';
import { until } from './until.ts';

/** A kind of work in whose middle the power goes. */
export interface PowerCutPhase {
  readonly name: string;
  /** Does all that is seen whole on the copy travel inside its change, and so stay whatever happens? */
  readonly isSeenDurable: boolean;
  /** Is there what both were Synchronized with before? */
  readonly isAfterFirstCopy: boolean;
  /**
   * Brings the trial to a random moment of it, with programs that work.
   * @returns up to where the passive server had said that everything is applied.
   */
  reach(trial: PowerCutTrial): Promise<Status['fileSystem']['position']>;
}

const MOMENT_MS_MAX = 5_000;
/** Generous: what is asked is what comes of a cut, not how fast. */
const WITHIN_MS = 240_000;
const SHORT_LOAD_MS_MAX = 1_000;
/** A checkpoint comes after 200 ms of quiet, which begins when the last change was captured and applied. */
const QUIET_MS = { min: 200, max: 350 } as const;
const RECORD_MS_MAX = 10;

export const FIRST_COPY: PowerCutPhase = {
  name: 'first copy',
  isSeenDurable: false,
  isAfterFirstCopy: false,
  async reach(trial) {
    await trial.pair.start();
    trial.startLoad();
    await trial.oneOfBulkArrived();
    return await trial.toldApplied();
  },
};

const STEADY_LOAD: PowerCutPhase = {
  name: 'steady load',
  isSeenDurable: true,
  isAfterFirstCopy: true,
  async reach(trial) {
    trial.startLoad();
    await trial.someMoment(MOMENT_MS_MAX);
    return await trial.toldApplied();
  },
};

/** Of what changed while the two were apart: by name where the queue was given up, or all where the active's daemon was away. */
const RESYNC: PowerCutPhase = {
  name: 'resync',
  isSeenDurable: false,
  isAfterFirstCopy: true,
  async reach(trial) {
    const { relayed, pair } = trial;
    const { active } = pair;
    if (trial.random.chance(0.5)) {
      await relayed.fallApart();
      await overfill(active);
      trial.bulk.write(active.data);
      // What is captured only after the two met again is no part of the resync.
      await until('all that changed to be captured', WITHIN_MS, async (seen) => {
        const { itemsOutOfSync } = (await active.status()).fileSystem;
        seen(String(itemsOutOfSync));
        return itemsOutOfSync >= trial.bulk.count ? true : null;
      });
      relayed.restore();
    } else {
      await active.kill();
      trial.bulk.write(active.data);
      await active.start();
    }
    trial.startLoad();
    await trial.oneOfBulkArrived();
    return await trial.toldApplied();
  },
};

const CHECKPOINT: PowerCutPhase = {
  name: 'checkpoint',
  isSeenDurable: true,
  isAfterFirstCopy: true,
  async reach(trial) {
    trial.startLoad();
    await trial.someMoment(SHORT_LOAD_MS_MAX);
    const told = await trial.toldApplied();
    if (trial.random.chance(0.5)) {
      await recordTouched(trial);
      await trial.pauseBetween(0, RECORD_MS_MAX);
    } else {
      await trial.endLoad();
      await trial.pauseBetween(QUIET_MS.min, QUIET_MS.max);
    }
    return told;
  },
};

export const LATER_PHASES: readonly PowerCutPhase[] = [STEADY_LOAD, RESYNC, CHECKPOINT];

/** Waits until the record of what is applied is written to: the file systems were synced, and the queue is to be trimmed. */
async function recordTouched({ pair }: PowerCutTrial): Promise<void> {
  let touched = false;
  const watcher = fs.watch(pair.passive.stateDirectory, (_event, name) => {
    touched ||= name?.startsWith('applied.sqlite') === true;
  });
  try {
    await until('a checkpoint', WITHIN_MS, () => (touched ? true : null));
  } finally {
    watcher.close();
  }
}
