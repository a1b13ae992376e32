import { join } from 'node:path';
import type { Preflight } from '../../intercept/preflight.ts';
import { KEEPER_SOCKET } from '../../keeper/protocol.ts';
import type { ProblemData } from '../../problems/problem.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { systemTimers } from '../../system/machine/timers.ts';
import { openersPast } from '../../system/mounts/folder-openers.ts';
import { fetchDescriptors } from '../../system/mounts/foreign-descriptors.ts';
import { closeDescriptor, mountsOver } from '../../system/mounts/fuse-mount.ts';
import { clearStaleMounts, mountPointOf } from '../../system/mounts/stale-mounts.ts';
import { openWake } from '../../system/native/wake.ts';
import { connectLines } from '../../system/network/local-lines.ts';
import { startDetached } from '../../system/processes/detached-program.ts';
import { ownProcessId } from '../../system/processes/processes.ts';
import { endThreadsAhead, loadThreadAhead } from '../../system/processes/threads.ts';
import { STREAM_WORKER } from '../worker-modules.ts';
import { HeldReplies } from './held-replies.ts';
import { Interception } from './interception.ts';
import { Keeping } from './keeping.ts';
import { KeptMounts } from './kept-mounts.ts';

/** So long a keeper holds mounts that no daemon serves; what is open there then gives errors rather than wait. */
const AWAY_MS_MAX = 60_000;
const KEEPER_PROGRAM = new URL('../../main/keeper.ts', import.meta.url);
const KEEPER_FLAGS = ['--max-semi-space-size=1'];

/** What is known once all settings are read. */
export interface KnownLater {
  readonly tell: (problem: ProblemData) => void;
  readonly preflight: (folder: string) => Preflight;
  /** So long the end waits for programs that use a folder. */
  readonly releaseMsMax: number;
}

/**
 * The interception of a daemon that starts: it goes on with what one before it left while nothing more is known than
 * where that is, for applications may wait for it.
 */
export class GoneOn {
  readonly interception: Interception;
  /** To flushes that wait for the passive server. */
  readonly replies = new HeldReplies();
  #known: KnownLater | null = null;
  /** What there was to tell before there was a log. */
  readonly #told: ProblemData[] = [];

  /** @throws Problem CAP-046 where what is left is of another version: it stays with the keeper. */
  static async from(stateDirectory: string): Promise<GoneOn> {
    const goneOn = new GoneOn(stateDirectory);
    try {
      await goneOn.interception.takeOver();
    } finally {
      await endThreadsAhead();
    }
    // What is done is recorded again, and applications wait where nobody reads the records.
    if (goneOn.interception.forStream !== null) loadThreadAhead(STREAM_WORKER);
    return goneOn;
  }

  private constructor(stateDirectory: string) {
    const own = (): KnownLater => this.#own;
    const tell = (problem: ProblemData): void => {
      if (this.#known === null) this.#told.push(problem);
      else this.#known.tell(problem);
    };
    const keeping = new Keeping({
      clock: systemClock,
      timers: systemTimers,
      processId: ownProcessId(),
      awayMsMax: AWAY_MS_MAX,
      connect: () => connectLines(join(stateDirectory, KEEPER_SOCKET)),
      start: () => startDetached(KEEPER_PROGRAM, [stateDirectory, 'transient'], KEEPER_FLAGS),
      fetch: fetchDescriptors,
      tell,
    });
    this.interception = new Interception({
      kept: new KeptMounts(keeping, closeDescriptor),
      replies: this.replies,
      timers: systemTimers,
      clock: systemClock,
      openWake,
      mountPointOf,
      clearStaleMounts,
      preflight: (folder) => own().preflight(folder),
      openersPast,
      mountsOver,
      tell,
      get releaseMsMax() {
        return own().releaseMsMax;
      },
    });
  }

  /** Before anything is mounted or released. */
  know(known: KnownLater): void {
    this.#known = known;
    for (const problem of this.#told.splice(0)) known.tell(problem);
  }

  get #own(): KnownLater {
    if (this.#known === null) throw new Error('the settings are not read yet');
    return this.#known;
  }
}
