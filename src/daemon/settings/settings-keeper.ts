import type { Role } from '../../api/status.ts';
import type { Cancel } from '../../kernel/clock.ts';
import { type Problem, type ProblemCode, toData } from '../../problems/problem.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import type { PairSettingsFile } from './pair-settings-file.ts';
import type { SettingsMark } from './pair-settings-sync.ts';
import type { PairSettings } from '../../settings/settings.ts';
import type { PeerMessage } from '../channel/peer-message.ts';
import type { ProtectedMounts } from '../interception/protected-mounts.ts';
import { type SettingsEffect, settingsEffect } from './settings-effect.ts';

/** Problems of one text of pair.yaml, or of reading and writing it. */
const OF_A_TEXT: readonly ProblemCode[] = ['CFG-001', 'CFG-002', 'CFG-003', 'CFG-004', 'CFG-006', 'CLI-011'];

/** Keeps the pair settings of the two servers the same: edits are carried over, and told where they don't count. */
export class SettingsKeeper {
  readonly #pairFile: PairSettingsFile;
  readonly #role: Role;
  readonly #findings: FindingBoard;
  readonly #tell: (message: PeerMessage) => void;
  readonly #tellFacts: () => void;
  readonly #canMount: boolean;
  #inForce: PairSettings;
  /** Other settings are in force. */
  readonly #changed: (version: number, effect: SettingsEffect) => void;

  constructor(options: {
    pairFile: PairSettingsFile;
    role: Role;
    findings: FindingBoard;
    mounts: Pick<ProtectedMounts, 'canMount'>;
    tell: (message: PeerMessage) => void;
    tellFacts: () => void;
    changed: (version: number, effect: SettingsEffect) => void;
  }) {
    this.#pairFile = options.pairFile;
    this.#role = options.role;
    this.#inForce = options.pairFile.settings;
    this.#findings = options.findings;
    this.#canMount = options.mounts.canMount;
    this.#tell = options.tell;
    this.#tellFacts = options.tellFacts;
    this.#changed = options.changed;
  }

  /** Tells what is odd about pair.yaml, and looks for edits of it from now on. */
  watch(): Cancel {
    this.#tellProblems(this.#pairFile.warnings);
    return this.#pairFile.watch((change) => {
      if (change.kind === 'invalid') this.#tellProblems(change.problems, ['the settings read before stay in force']);
      else this.#edited();
    });
  }

  /** The other server said which settings it has: when it was met, and whenever that changes. */
  met(peer: SettingsMark): void {
    const verdict = this.#pairFile.judge(this.#role, peer);
    const { file } = this.#pairFile.shown();
    if (verdict.kind === 'conflict') this.#findings.raise({ code: 'DMN-007', parameters: { file } }, { item: file });
    else this.#findings.clearAll('DMN-007');
    if (verdict.kind === 'send') this.#send();
    if (verdict.kind === 'agreed') this.#agreed();
    else this.#tellEditedHere();
  }

  /** The active server sent its settings. */
  received(message: { version: number; text: string }): void {
    if (this.#role !== 'passive') return;
    const markBefore = JSON.stringify(this.#pairFile.mark);
    const { isInForce, problems } = this.#pairFile.take(message);
    this.#tellProblems(problems);
    this.#tellEditedHere();
    if (!isInForce) return;
    this.#findings.clearAll('DMN-007');
    this.#tell({ kind: 'settingsTaken', version: message.version });
    if (JSON.stringify(this.#pairFile.mark) !== markBefore) this.#tellFacts();
    this.#tellChange();
  }

  /** The passive server has them too. */
  taken(version: number): void {
    if (version === this.#pairFile.mark.version) this.#agreed();
  }

  #edited(): void {
    this.#tellProblems(this.#role === 'active' ? this.#pairFile.warnings : []);
    this.#tellFacts();
    this.#tellEditedHere();
    if (this.#role === 'passive') return;
    this.#send();
    this.#tellChange();
  }

  #send(): void {
    this.#tell({ kind: 'settings', ...this.#pairFile.whole() });
  }

  #agreed(): void {
    const isNews = this.#pairFile.agreed();
    this.#tellEditedHere();
    if (isNews) this.#tellFacts();
    this.#tellChange();
  }

  /** A text that only says the same in another way changes nothing. */
  #tellChange(): void {
    const [before, now] = [this.#inForce, this.#pairFile.settings];
    if (JSON.stringify(before) === JSON.stringify(now)) return;
    this.#inForce = now;
    this.#changed(this.#pairFile.mark.version, settingsEffect(before, now, this.#canMount));
  }

  /** An edit on the passive server counts for nothing, and whoever made it is told. */
  #tellEditedHere(): void {
    const { file } = this.#pairFile.shown();
    if (this.#role === 'passive' && this.#pairFile.isEditedHere)
      this.#findings.raise({ code: 'DMN-005', parameters: { file } }, { item: file });
    else this.#findings.clearAll('DMN-005');
  }

  /** What was wrong with an earlier text is over. */
  #tellProblems(problems: readonly Problem[], evidence: readonly string[] = []): void {
    for (const code of OF_A_TEXT) this.#findings.clearAll(code);
    for (const problem of problems) this.#findings.raise(toData(problem), { item: placeOf(problem), evidence });
  }
}

/** A text may have several faults; each is a finding of its own. */
function placeOf(problem: Problem): string | null {
  const { file, line } = problem.parameters;
  if (file === undefined) return null;
  return line === undefined ? String(file) : `${String(file)}:${String(line)}`;
}
