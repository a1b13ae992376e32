import type { UsedFile } from '../../apply/in-use.ts';
import { describeHolders } from '../../diagnosis/holders.ts';
import { type ByteString, toDisplay } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { ProblemData } from '../../problems/problem.ts';
import type { FileHolder } from '../../system/processes/file-holders.ts';
import type { MountOpeners } from '../interception/mount-openers.ts';
import type { FromStream, HoldersFound } from '../stream/thread-messages.ts';

/** While a file is held, who holds it is looked up again after this long: another may do so by now. */
const LOOK_AGAIN_MS = 15_000;
/** A search that gave no answer for so long is not waited for. */
const SEARCH_MS_MAX = 30_000;
/** Nobody found may mean that the holder ended just now: looked up once more before that is told. */
const EMPTY_SEARCHES = 2;

interface Held {
  readonly file: UsedFile;
  searches: number;
  /** Nothing was told of it yet. */
  isNew: boolean;
  /** As told last; null before. */
  told: string | null;
}

export interface InUseFindingsOptions {
  /** This server's identity. */
  readonly server: string;
  readonly toMain: (message: FromStream) => void;
  /** Who uses files through mounts over them; null where nothing is mounted over. */
  readonly openers: Pick<MountOpeners, 'devicesOver' | 'holdersOf'> | null;
  /** Who uses a file, for the item's own mark. */
  readonly named: (path: ByteString, problem: ProblemData) => void;
}

/** The finding N29 for each file that Apply holds back because it is in use. Who uses it is found out by a search. */
export class InUseFindings {
  readonly #options: InUseFindingsOptions;
  readonly #held = new Map<ByteString, Held>();
  #searchAt: MonotonicMs | null = null;
  #lookAgainAt = 0;

  constructor(options: InUseFindingsOptions) {
    this.#options = options;
    // What an earlier run of this worker told is told anew, or over.
    options.toMain({ kind: 'clearedAll', code: 'N29' });
  }

  /** It is held from now on, or used in another way than before. */
  held(file: UsedFile): void {
    const told = this.#held.get(file.path)?.told ?? null;
    this.#held.set(file.path, { file, searches: 0, isNew: true, told });
    this.#lookAgainAt = 0;
  }

  released(path: ByteString): void {
    const held = this.#held.get(path);
    this.#held.delete(path);
    if (held === undefined || held.told === null) return;
    this.#options.toMain({ kind: 'cleared', code: 'N29', item: toDisplay(path) });
  }

  /** Has a search made when one is due. One at a time, for all files together. */
  step(now: MonotonicMs): void {
    if (this.#held.size === 0 || now < this.#lookAgainAt) return;
    for (const held of this.#held.values()) if (held.isNew) this.#tellKnown(held);
    if (this.#searchAt !== null && now - this.#searchAt < SEARCH_MS_MAX) return;
    this.#searchAt = now;
    this.#lookAgainAt = now + LOOK_AGAIN_MS;
    const { openers } = this.#options;
    const files = [...this.#held.values()].map(({ file: { device, inode, use } }) => ({
      device,
      inode,
      use,
      mountDevices: openers?.devicesOver(device) ?? [],
    }));
    this.#options.toMain({ kind: 'holdersWanted', files });
  }

  /** A search ended. */
  found({ files, holders }: HoldersFound): void {
    this.#searchAt = null;
    for (const held of this.#held.values()) {
      const { file } = held;
      if (!files.some((one) => isSame(one, file))) this.#lookAgainAt = 0;
      else
        this.#tell(
          held,
          holders.filter((one) => isSame(one, file)),
        );
    }
  }

  /** Who has it open through a mount is known without a search. */
  #tellKnown(held: Held): void {
    held.isNew = false;
    const known = this.#options.openers?.holdersOf(held.file, held.file.use) ?? [];
    if (known.length > 0) this.#tell(held, known);
  }

  #tell(held: Held, holders: readonly FileHolder[]): void {
    const { file } = held;
    held.searches = holders.length === 0 ? held.searches + 1 : 0;
    if (holders.length === 0 && held.searches < EMPTY_SEARCHES) {
      this.#lookAgainAt = 0;
      return;
    }
    const { holder, hint, evidence } = describeHolders(holders, file.use);
    const path = toDisplay(file.path);
    const problem = { code: 'N29', parameters: { server: this.#options.server, path, holder, hint } } as const;
    const text = JSON.stringify([holder, evidence]);
    if (held.told === text) return;
    held.told = text;
    this.#options.named(file.path, problem);
    this.#options.toMain({ kind: 'problem', problem, item: path, evidence, action: null });
  }
}

function isSame(
  a: { readonly device: number; readonly inode: number },
  b: { readonly device: number; readonly inode: number },
): boolean {
  return a.device === b.device && a.inode === b.inode;
}
