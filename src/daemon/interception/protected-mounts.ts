import type { Role } from '../../api/status.ts';
import { becauseOf, type CaptureChoice } from '../../intercept/preflight.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { PairSettings, ServerSettings } from '../../settings/settings.ts';
import { isFolderEmpty } from '../../system/mounts/folder-facts.ts';
import { ConfirmedCopy } from './confirmed-copy.ts';
import type { Interception } from './interception.ts';
import type { WantedFolder } from './interception-options.ts';
import { foldersIn } from '../settings/protected-folders.ts';
import type { ActiveReport, PassiveReport } from '../status/side-report.ts';
import type { KeeperOptions } from '../stream/stream-keeper.ts';

/** Which of this server's folders are mounted over, by the settings in force and its role. */
export class ProtectedMounts {
  readonly interception: Interception;
  /** Has this process the rights that a mount takes? */
  readonly canMount: boolean;
  readonly #role: Role;
  readonly #server: Pick<ServerSettings, 'base' | 'stateDirectory'>;
  readonly #settings: () => PairSettings;
  readonly #confirmed: ConfirmedCopy;
  /** Whether the passive server's folders are mounted over, or would be, was decided so last. */
  #isHeldBack = false;
  readonly #choose: (folder: WantedFolder) => CaptureChoice;
  /** By the folder's path in the settings, as the end of a sentence. */
  readonly #because = new Map<string, string>();
  #again: () => void = () => {};
  readonly #isReplaced: () => boolean;

  constructor(options: {
    interception: Interception;
    role: Role;
    server: Pick<ServerSettings, 'base' | 'stateDirectory'>;
    settings: () => PairSettings;
    /** Another daemon follows this one at once. */
    isReplaced: () => boolean;
    /** Decides with `capture: auto`. */
    choose: (folder: WantedFolder) => CaptureChoice;
    canMount: boolean;
  }) {
    this.interception = options.interception;
    this.#role = options.role;
    this.#server = options.server;
    this.#settings = options.settings;
    this.#isReplaced = options.isReplaced;
    this.#choose = options.choose;
    this.canMount = options.canMount;
    this.#confirmed = new ConfirmedCopy(options.server.stateDirectory);
    this.interception.onFolderThere = () => this.#again();
  }

  onMore: KeeperOptions['mounts']['onMore'] = (again) => {
    this.#again = again;
  };

  prepare(): Promise<void> {
    const { capture, protect } = this.#settings();
    const folders = foldersIn(this.#server.base, protect.files);
    const isWanted = capture !== 'watch';
    this.#isHeldBack = isWanted && !this.#isOwn(folders);
    this.#because.clear();
    if (!isWanted || this.#isHeldBack) return this.interception.prepare(folders, null);
    const wanted = { role: this.#role, ...protect.files };
    if (capture === 'intercept') return this.interception.prepare(folders, wanted);
    return this.interception.prepare(folders, {
      ...wanted,
      left: this.#left(folders),
      onUsed: ({ path }, openers) => this.#because.set(path, becauseOf(openers)),
    });
  }

  release(): Promise<void> {
    // Left to the one that follows, they are served to the last moment.
    return this.#isReplaced() ? Promise.resolve() : this.interception.release();
  }

  guardAnew(): boolean {
    return this.interception.guardAnew(this.#settings().protect.files);
  }

  /** What the stream worker says: once the passive server's folders are a copy, nobody else may change them. */
  reported(report: ActiveReport | PassiveReport): void {
    if (report.role === 'active') return;
    const isNews = this.#confirmed.told(!report.unconfirmed);
    // Where they were empty they are mounted over already.
    if (isNews && (this.#isHeldBack || report.unconfirmed)) this.#again();
  }

  /** Why folders are watched that nobody asked to have intercepted: nothing is wrong with that. */
  get watchedBecause(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#because);
  }

  #left(folders: readonly WantedFolder[]): ReadonlySet<string> {
    const left = new Set<string>();
    const mounted = new Set(this.interception.forStream?.folders.map(({ realPath }) => realPath));
    for (const folder of folders) {
      // Decided when it was mounted over.
      if (mounted.has(fromText(folder.realPath))) continue;
      const choice = this.#choose(folder);
      if (choice.kind !== 'watch') continue;
      left.add(folder.realPath);
      this.#because.set(folder.path, choice.because);
    }
    return left;
  }

  /** May others be kept from changing these folders? */
  #isOwn(folders: readonly WantedFolder[]): boolean {
    if (this.#role === 'active') return true;
    return this.#confirmed.isConfirmed || folders.every(({ realPath }) => isFolderEmpty(realPath));
  }
}
