import type { Role } from '../api/status.ts';
import type { Cancel } from '../kernel/clock.ts';
import { type Problem, toData } from '../problems/problem.ts';
import type { FindingBoard } from './finding-board.ts';
import type { PairSettingsFile } from './pair-settings-file.ts';
import type { SettingsMark } from './pair-settings-sync.ts';
import type { PeerMessage } from './peer-message.ts';

/** Keeps the pair settings of the two servers the same: edits are carried over, and told where they don't count. */
export class SettingsKeeper {
  readonly #pairFile: PairSettingsFile;
  readonly #role: Role;
  readonly #findings: FindingBoard;
  readonly #tell: (message: PeerMessage) => void;
  readonly #tellFacts: () => void;
  /** Other settings are in force. */
  readonly #changed: (version: number) => void;

  constructor(options: {
    pairFile: PairSettingsFile;
    role: Role;
    findings: FindingBoard;
    tell: (message: PeerMessage) => void;
    tellFacts: () => void;
    changed: (version: number) => void;
  }) {
    this.#pairFile = options.pairFile;
    this.#role = options.role;
    this.#findings = options.findings;
    this.#tell = options.tell;
    this.#tellFacts = options.tellFacts;
    this.#changed = options.changed;
  }

  /** Looks for edits of pair.yaml from now on. */
  watch(): Cancel {
    return this.#pairFile.watch((change) => {
      this.#findings.clearAll('CFG-002');
      if (change.kind === 'invalid') this.#raise(change.problems);
      else this.#edited();
    });
  }

  /** The other server was met, and says which settings it has. */
  met(peer: SettingsMark): void {
    const verdict = this.#pairFile.judge(this.#role, peer);
    if (verdict.kind === 'send') this.#send();
    if (verdict.kind === 'agreed') this.#agreed();
    this.#tellEditedHere(verdict.kind === 'editedOnPassive' && this.#role === 'passive');
  }

  /** The active server sent its settings. */
  received(message: { version: number; text: string }): void {
    if (this.#role !== 'passive') return;
    const before = JSON.stringify(this.#pairFile.settings);
    const problems = this.#pairFile.take(message);
    this.#raise(problems);
    if (problems.length > 0) return;
    this.#agreed();
    this.#tell({ kind: 'settingsTaken', version: message.version });
    if (JSON.stringify(this.#pairFile.settings) !== before) this.#changed(message.version);
  }

  /** The passive server has them too. */
  taken(version: number): void {
    if (version === this.#pairFile.mark.version) this.#agreed();
  }

  #edited(): void {
    this.#tellFacts();
    if (this.#role === 'passive') {
      this.#tellEditedHere(true);
      return;
    }
    this.#send();
    this.#changed(this.#pairFile.mark.version);
  }

  #send(): void {
    this.#tell({ kind: 'settings', ...this.#pairFile.whole() });
  }

  #agreed(): void {
    this.#pairFile.agreed();
    this.#tellEditedHere(false);
    this.#tellFacts();
  }

  #tellEditedHere(edited: boolean): void {
    const { file } = this.#pairFile.shown();
    if (edited) this.#findings.raise({ code: 'DMN-005', parameters: { file } }, { item: file });
    else this.#findings.clearAll('DMN-005');
  }

  #raise(problems: readonly Problem[]): void {
    for (const problem of problems) this.#findings.raise(toData(problem));
  }
}
