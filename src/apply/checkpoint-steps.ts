import type { Position } from '../changes/change.ts';
import { FileError } from '../kernel/files.ts';
import type { Problem } from '../problems/problem.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Presence } from './presence.ts';
import type { Pulls } from './pulls.ts';
import type { Replica } from './replica.ts';

/**
 * A checkpoint: everything applied so far made durable, then the record of it. Made at once, or begun and
 * finished later, so that Apply goes on while the file systems are synced.
 */
export class CheckpointSteps {
  readonly #replica: Replica;
  readonly #presence: Presence;
  readonly #pulls: Pulls;
  readonly #checkpoints: Checkpoints;
  /** Pulls that are part of the one that was begun. */
  #pullsThen = 0;

  constructor(parts: { replica: Replica; presence: Presence; pulls: Pulls; checkpoints: Checkpoints }) {
    this.#replica = parts.replica;
    this.#presence = parts.presence;
    this.#pulls = parts.pulls;
    this.#checkpoints = parts.checkpoints;
  }

  /** Is there anything a checkpoint would write? */
  get hasUnsaved(): boolean {
    return this.#checkpoints.hasUnsaved;
  }

  /**
   * Makes one at once; one that was begun is given up.
   * @throws Problem SYS-010, SYS-011, APL-040 where a disk refuses: it may be tried again. APL-005 where the record is damaged.
   */
  make(upTo: Position): void {
    this.#settle();
    this.#checkpoints.save(upTo);
    this.#saved(this.#pulls.unsaved);
  }

  /** @returns descriptors of the file systems that are to be synced before {@link finish}; they stay Apply's. */
  begin(upTo: Position): readonly number[] {
    this.#settle();
    this.#pullsThen = this.#pulls.unsaved;
    return this.#checkpoints.begin(upTo);
  }

  /** @throws as {@link make}: then it is given up. */
  finish(): void {
    this.#checkpoints.finish();
    this.#saved(this.#pullsThen);
  }

  /** The file systems could not be synced: what was begun is given up. @returns Problem APL-040. */
  unsynced(error: FileError): Problem {
    return this.#checkpoints.unsynced(error);
  }

  /** Whether the disk holds what was written to it. */
  get disk(): Pick<Checkpoints, 'unproven' | 'proven'> {
    return this.#checkpoints;
  }

  #settle(): void {
    this.#presence.settle();
    this.#replica.settleFolders();
  }

  #ownStandIns(): void {
    try {
      this.#pulls.ownStandIns();
    } catch (error) {
      // On a full disk: after a crash they would be taken for a stranger's, and kept.
      if (!(error instanceof FileError)) throw error;
    }
  }

  #saved(pulls: number): void {
    this.#ownStandIns();
    this.#pulls.unsaved -= pulls;
    this.#presence.replayed();
    this.#replica.folders.trim();
  }
}
