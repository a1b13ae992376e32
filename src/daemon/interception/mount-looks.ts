import { usedBefore } from '../../intercept/preflight.ts';
import type { Cancel, Timers } from '../../kernel/clock.ts';
import { Problem, toData } from '../../problems/problem.ts';
import type { InterceptionOptions, InterceptionProblem, Mounted, WantedFolder } from './interception-options.ts';

/** So often those are looked for who opened something before the mount. Reads all of /proc, while there are any. */
const OPENERS_LOOK_MS = 5_000;
/** So often it is looked whether a folder has come that was not there, and whether others have mounted something. */
const PLACES_LOOK_MS = 1_000;

/** What changes around mounts while they are served. */
interface LookListeners {
  /** Nobody works past the mount of this folder any more. */
  onOpenersGone(path: string): void;
  /** One that was not there is: it could be mounted over. */
  onFolderThere(): void;
  /** Somebody mounted something over the folder's mount, or in it. */
  onCovered(path: string, problem: Problem): void;
  onUncovered(path: string): void;
}

interface LookOptions {
  readonly timers: Pick<Timers, 'every'>;
  readonly machine: Pick<InterceptionOptions, 'openersPast' | 'mountsOver'>;
  readonly mounted: () => readonly Mounted[];
  readonly isThere: (folder: WantedFolder) => boolean;
  readonly listeners: LookListeners;
}

/** Looks now and then at what nobody tells. */
export class MountLooks {
  readonly #options: LookOptions;
  /** Folders that are to be mounted over once they are there. */
  awaited: readonly WantedFolder[] = [];
  /** Of folders that something was mounted over, by their paths. */
  readonly #covered = new Map<string, Problem<'CAP-061'>>();
  #cancels: readonly Cancel[] = [];

  constructor(options: LookOptions) {
    this.#options = options;
  }

  begin(): void {
    if (this.#cancels.length > 0) return;
    const { timers } = this.#options;
    this.#cancels = [
      timers.every(OPENERS_LOOK_MS, () => this.#lookAtOpeners()),
      timers.every(PLACES_LOOK_MS, () => this.#lookAtPlaces()),
    ];
  }

  end(): void {
    for (const cancel of this.#cancels) cancel();
  }

  /** Those who were found; more don't come, for what is opened now is opened through the mount. */
  #lookAtOpeners(): void {
    const { machine, mounted, listeners } = this.#options;
    for (const one of mounted()) {
      const { host, mountPoint, folder, doubts } = one;
      if (!doubts.some(({ code }) => code === 'CAP-037')) continue;
      if (usedBefore(mountPoint, machine.openersPast(mountPoint, host.root)).length > 0) continue;
      one.doubts = doubts.filter(({ code }) => code !== 'CAP-037');
      listeners.onOpenersGone(folder.path);
    }
  }

  #lookAtPlaces(): void {
    const { mounted, isThere, machine, listeners } = this.#options;
    if (this.awaited.some(isThere)) {
      this.awaited = [];
      listeners.onFolderThere();
    }
    for (const { folder, mountPoint } of mounted()) {
      const found = machine.mountsOver(mountPoint).join(', ');
      if (found === (this.#covered.get(folder.path)?.parameters['mounts'] ?? '')) continue;
      const problem = new Problem('CAP-061', { path: folder.path, mounts: found });
      if (found === '') {
        this.#covered.delete(folder.path);
        listeners.onUncovered(folder.path);
      } else {
        this.#covered.set(folder.path, problem);
        listeners.onCovered(folder.path, problem);
      }
    }
  }

  /** What was told of the folders last, and is so. */
  get problems(): readonly InterceptionProblem[] {
    return [...this.#covered].map(([path, problem]) => ({ path, problem: toData(problem) }));
  }
}
