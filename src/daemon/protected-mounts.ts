import type { Role } from '../api/status.ts';
import type { CaptureChoice } from '../intercept/preflight.ts';
import { fromText } from '../kernel/byte-string.ts';
import type { PairSettings, ServerSettings } from '../settings/settings.ts';
import { isFolderEmpty } from '../system/folder-facts.ts';
import { ConfirmedCopy } from './confirmed-copy.ts';
import type { Interception, WantedFolder } from './interception.ts';
import { foldersIn } from './protected-folders.ts';
import type { ActiveReport, PassiveReport } from './side-report.ts';
import type { KeeperOptions } from './stream-keeper.ts';

/** Which of this server's folders are mounted over, by the settings in force and its role. */
export class ProtectedMounts {
  readonly interception: Interception;
  readonly #role: Role;
  readonly #server: Pick<ServerSettings, 'base' | 'stateDirectory'>;
  readonly #settings: () => PairSettings;
  readonly #confirmed: ConfirmedCopy;
  /** Whether the passive server's folders are mounted over, or would be, was decided so last. */
  #isHeldBack = false;
  readonly #auto: ((folder: WantedFolder) => CaptureChoice) | null;
  #reasons: string[] = [];
  #again: () => void = () => {};

  constructor(options: {
    interception: Interception;
    role: Role;
    server: Pick<ServerSettings, 'base' | 'stateDirectory'>;
    settings: () => PairSettings;
    /** Decides with `capture: auto`; null where that is to watch. */
    auto: ((folder: WantedFolder) => CaptureChoice) | null;
  }) {
    this.interception = options.interception;
    this.#role = options.role;
    this.#server = options.server;
    this.#settings = options.settings;
    this.#auto = options.auto;
    this.#confirmed = new ConfirmedCopy(options.server.stateDirectory);
    this.interception.onFolderThere = () => this.#again();
  }

  onMore: KeeperOptions['mounts']['onMore'] = (again) => {
    this.#again = again;
  };

  prepare(): Promise<void> {
    const { capture, protect } = this.#settings();
    const folders = foldersIn(this.#server.base, protect.files);
    const isAuto = capture === 'auto' && this.#auto !== null;
    const isWanted = capture === 'intercept' || isAuto;
    this.#isHeldBack = isWanted && !this.#isOwn(folders);
    this.#reasons = [];
    if (!isWanted || this.#isHeldBack) return this.interception.prepare(folders, null);
    const left = isAuto ? this.#left(folders) : new Set<string>();
    return this.interception.prepare(folders, { role: this.#role, ...protect.files, left });
  }

  release(): Promise<void> {
    return this.interception.release();
  }

  /** What the stream worker says: once the passive server's folders are a copy, nobody else may change them. */
  reported(report: ActiveReport | PassiveReport): void {
    if (report.role === 'active') return;
    const isNews = this.#confirmed.told(!report.unconfirmed);
    // Where they were empty they are mounted over already.
    if (isNews && (this.#isHeldBack || report.unconfirmed)) this.#again();
  }

  /** Why folders are watched that nobody asked to have intercepted: nothing is wrong with that. */
  get reasons(): readonly string[] {
    return this.#reasons;
  }

  #left(folders: readonly WantedFolder[]): ReadonlySet<string> {
    const left = new Set<string>();
    const mounted = new Set(this.interception.forStream?.folders.map(({ realPath }) => realPath));
    for (const folder of folders) {
      // Decided when it was mounted over.
      if (mounted.has(fromText(folder.realPath))) continue;
      const choice = this.#auto?.(folder);
      if (choice?.kind !== 'watch') continue;
      left.add(folder.realPath);
      this.#reasons.push(`${folder.path} is watched, not intercepted: ${choice.because}`);
    }
    return left;
  }

  /** May others be kept from changing these folders? */
  #isOwn(folders: readonly WantedFolder[]): boolean {
    if (this.#role === 'active') return true;
    return this.#confirmed.isConfirmed || folders.every(({ realPath }) => isFolderEmpty(realPath));
  }
}
