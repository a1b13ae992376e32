import type { Role } from '../api/status.ts';
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
  #again: () => void = () => {};

  constructor(options: {
    interception: Interception;
    role: Role;
    server: Pick<ServerSettings, 'base' | 'stateDirectory'>;
    settings: () => PairSettings;
  }) {
    this.interception = options.interception;
    this.#role = options.role;
    this.#server = options.server;
    this.#settings = options.settings;
    this.#confirmed = new ConfirmedCopy(options.server.stateDirectory);
    this.interception.onFolderThere = () => this.#again();
  }

  onMore: KeeperOptions['mounts']['onMore'] = (again) => {
    this.#again = again;
  };

  prepare(): Promise<void> {
    const { capture, protect } = this.#settings();
    const folders = foldersIn(this.#server.base, protect.files);
    const isWanted = capture === 'intercept';
    this.#isHeldBack = isWanted && !this.#isOwn(folders);
    const wanted = isWanted && !this.#isHeldBack ? { role: this.#role, ...protect.files } : null;
    return this.interception.prepare(folders, wanted);
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

  /** May others be kept from changing these folders? */
  #isOwn(folders: readonly WantedFolder[]): boolean {
    if (this.#role === 'active') return true;
    return this.#confirmed.isConfirmed || folders.every(({ realPath }) => isFolderEmpty(realPath));
  }
}
