import type { Role } from '../../api/status.ts';
import { protectedSet } from '../../changes/protected-set.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { Cancel, Timers } from '../../kernel/clock.ts';
import { FileError } from '../../kernel/files.ts';
import { Problem } from '../../problems/problem.ts';
import { type Filter, filterStates } from '../../settings/filter-states.ts';
import { parsePairSettings } from '../../settings/pair-settings.ts';
import type { PairSettings, ServerSettings } from '../../settings/settings.ts';
import { judgeSettings, markOf, type SettingsMark, type SettingsVerdict } from './pair-settings-sync.ts';

/** Small whole files; `system/files/durable-files.ts` in a daemon. Failures are FileErrors. */
export interface TextFiles {
  /** Null where there is no such file. */
  read(path: string): string | null;
  /** Durable and whole on return: a reader sees the old text or the new one. */
  write(path: string, text: string): void;
  sha256(text: string): string;
}

export interface PairSettingsFileOptions {
  readonly files: TextFiles;
  readonly timers: Timers;
  /** Of pair.yaml. */
  readonly file: string;
  readonly server: ServerSettings;
  readonly role: Role;
}

/** Something happened to pair.yaml on this server. */
export type PairFileChange =
  | { readonly kind: 'changed' }
  /** It can't be used as it is; the settings in force stay. */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

const LOOK_EVERY_MS = 2000;

/**
 * pair.yaml on this server: the settings in force, their version, and what the other server is to be
 * told. On the passive server the text in force is the active one's, whatever was edited here.
 */
export class PairSettingsFile {
  readonly #options: PairSettingsFileOptions;
  #settings: PairSettings;
  #warnings: readonly Problem[];
  #filters: readonly Filter[] | null = null;
  #text: string;
  #mark: SettingsMark;
  /** Of the text last seen in pair.yaml itself. */
  #seenDigest: string;
  /** Of the text in pair.yaml that should have been replaced and could not be: nobody's edit; empty where there is none. */
  #staleDigest: string;
  /** Why pair.yaml could not be read or written when last looked at. */
  #failure: string | null = null;

  private constructor(
    options: PairSettingsFileOptions,
    text: string,
    parsed: { settings: PairSettings; warnings: readonly Problem[] },
  ) {
    this.#options = options;
    this.#text = text;
    this.#settings = parsed.settings;
    this.#warnings = parsed.warnings;
    this.#seenDigest = options.files.sha256(options.files.read(options.file) ?? '');
    const { mark, staleDigest } = readKept(options);
    // What an active server has in pair.yaml holds, whatever it is.
    this.#staleDigest = options.role === 'passive' ? staleDigest : '';
    this.#mark = markOf(mark, this.#isStale ? mark.digest : this.#seenDigest);
    this.#saveMark();
  }

  /** @returns the settings in force, or why there are none (CFG-001, CFG-002). */
  static open(options: PairSettingsFileOptions, text: string): PairSettingsFile | readonly Problem[] {
    const inForce = options.role === 'passive' ? agreedText(options, text) : text;
    const parsed = parsePairSettings(inForce, options.file, options.server);
    if (parsed.kind === 'problems') return parsed.problems;
    return new PairSettingsFile(options, inForce, parsed);
  }

  get settings(): PairSettings {
    return this.#settings;
  }

  /** What each pattern does. */
  get filters(): readonly Filter[] {
    this.#filters ??= filterStates(this.#settings.protect);
    return this.#filters;
  }

  get warnings(): readonly Problem[] {
    return this.#warnings;
  }

  get mark(): SettingsMark {
    return this.#mark;
  }

  whole(): { version: number; text: string } {
    return { version: this.#mark.version, text: this.#text };
  }

  shown(): { version: number; file: string; text: string } {
    return { version: this.#mark.version, file: this.#options.file, text: this.#text };
  }

  covers(path: string): boolean {
    const { include, exclude } = this.#settings.protect.files;
    const set = protectedSet({ include: include.map(fromText), exclude: exclude.map(fromText) });
    const bytes = fromText(path);
    return set.covers(bytes, true) || set.covers(bytes, false);
  }

  judge(role: Role, peer: SettingsMark): SettingsVerdict {
    return judgeSettings(role, this.#mark, peer);
  }

  /** Does pair.yaml here hold another text than the two servers last agreed on? */
  get isEditedHere(): boolean {
    return this.#mark.agreedDigest !== '' && this.#seenDigest !== this.#mark.agreedDigest && !this.#isStale;
  }

  get #isStale(): boolean {
    return this.#staleDigest !== '' && this.#seenDigest === this.#staleDigest;
  }

  /** Looks for edits now and then. */
  watch(onChange: (change: PairFileChange) => void): Cancel {
    return this.#options.timers.every(LOOK_EVERY_MS, () => {
      const change = this.#look();
      if (change !== null) onChange(change);
    });
  }

  /**
   * The active server's text: in force from now on, and written to pair.yaml where nobody edited that here.
   * @returns why it was not taken over, or is in force and could not be written to pair.yaml (CLI-011)
   */
  take(received: { version: number; text: string }): { isInForce: boolean; problems: readonly Problem[] } {
    const { files, file, server } = this.#options;
    const parsed = parsePairSettings(received.text, file, server);
    if (parsed.kind === 'problems') return { isInForce: false, problems: parsed.problems };
    const digest = files.sha256(received.text);
    const keepsFile = this.isEditedHere || this.#seenDigest === digest;
    const inForce = inForceFile(this.#options);
    const unkept = this.#guarded(inForce, () => files.write(inForce, received.text));
    if (unkept !== null) return { isInForce: false, problems: [unkept] };
    const problem = keepsFile ? null : this.#write(received.text);
    this.#staleDigest = problem === null ? '' : this.#seenDigest;
    const { version } = received;
    const held = problem === null ? this.#seenDigest : digest;
    const mark = { version, digest: held, agreedVersion: version, agreedDigest: digest };
    const unmarked = this.#keepMark(mark);
    if (unmarked !== null) return { isInForce: false, problems: [unmarked] };
    this.#useText(received.text, parsed.settings, parsed.warnings);
    return { isInForce: true, problems: problem === null ? [] : [problem] };
  }

  /**
   * pair.yaml on the other server holds the same text as here.
   * @returns whether that was news
   */
  agreed(): boolean {
    // Both files were edited alike; a passive server went on with the older text until now.
    if (this.#options.files.sha256(this.#text) !== this.#mark.digest && !this.#useFile()) return false;
    if (this.#mark.agreedDigest === this.#mark.digest) return false;
    const { version, digest } = this.#mark;
    const inForce = inForceFile(this.#options);
    const unkept = this.#guarded(inForce, () => this.#options.files.write(inForce, this.#text));
    // Where that can't be written now, the two agree again when they meet next.
    return (
      unkept === null && this.#keepMark({ version, digest, agreedVersion: version, agreedDigest: digest }) === null
    );
  }

  #look(): PairFileChange | null {
    const { files, file, server, role } = this.#options;
    const text = this.#read();
    if (text instanceof Problem) return this.#failed(text);
    if (text === null) return role === 'passive' ? this.#writeAnew() : null;
    const digest = files.sha256(text);
    if (digest === this.#staleDigest) return this.#writeAnew();
    if (digest === this.#seenDigest && this.#failure === null) return null;
    this.#failure = null;
    this.#seenDigest = digest;
    const parsed = parsePairSettings(text, file, server);
    if (parsed.kind === 'problems') return { kind: 'invalid', problems: parsed.problems };
    const unmarked = this.#marked(digest);
    if (unmarked !== null) return this.#failed(unmarked);
    if (role === 'active') this.#useText(text, parsed.settings, parsed.warnings);
    return { kind: 'changed' };
  }

  /** Whoever deletes pair.yaml on the passive server wants what is in force there; and what could not be written is tried again. */
  #writeAnew(): PairFileChange | null {
    const problem = this.#write(this.#text);
    if (problem !== null) return this.#failed(problem);
    const unmarked = this.#marked(this.#seenDigest);
    return unmarked === null ? { kind: 'changed' } : this.#failed(unmarked);
  }

  /** Told once for as long as it lasts. */
  #failed(problem: Problem): PairFileChange | null {
    if (problem.message === this.#failure) return null;
    this.#failure = problem.message;
    return { kind: 'invalid', problems: [problem] };
  }

  #read(): string | null | Problem {
    const { files, file } = this.#options;
    try {
      return files.read(file);
    } catch (error) {
      if (error instanceof FileError) return new Problem('CFG-001', { file, reason: error.code });
      throw error;
    }
  }

  #write(text: string): Problem | null {
    const { files, file } = this.#options;
    const problem = this.#guarded(file, () => files.write(file, text));
    if (problem !== null) return problem;
    this.#seenDigest = files.sha256(text);
    this.#staleDigest = '';
    return null;
  }

  /** What is refused is told, and tried again at the next look. */
  #guarded(file: string, action: () => void): Problem | null {
    try {
      action();
      return null;
    } catch (error) {
      if (error instanceof FileError) return new Problem('CLI-011', { file, reason: error.code });
      throw error;
    }
  }

  /** Puts what pair.yaml holds into force. @returns false where it has been edited again just now */
  #useFile(): boolean {
    const { files, file, server } = this.#options;
    const text = this.#read();
    if (typeof text !== 'string' || files.sha256(text) !== this.#mark.digest) return false;
    const parsed = parsePairSettings(text, file, server);
    if (parsed.kind === 'settings') this.#useText(text, parsed.settings, parsed.warnings);
    return parsed.kind === 'settings';
  }

  #marked(digest: string): Problem | null {
    const { agreedVersion, agreedDigest } = this.#mark;
    const isAgreed = digest === agreedDigest;
    return this.#keepMark(
      isAgreed ? { version: agreedVersion, digest, agreedVersion, agreedDigest } : markOf(this.#mark, digest),
    );
  }

  /** Of use only once it is durable. */
  #keepMark(mark: SettingsMark): Problem | null {
    const before = this.#mark;
    this.#mark = mark;
    const problem = this.#guarded(markFile(this.#options), () => this.#saveMark());
    if (problem !== null) this.#mark = before;
    return problem;
  }

  #useText(text: string, settings: PairSettings, warnings: readonly Problem[]): void {
    this.#text = text;
    this.#settings = settings;
    this.#filters = null;
    this.#warnings = warnings;
  }

  /** Not where it stands there already: a start must not need space. */
  #saveMark(): void {
    const { files } = this.#options;
    const file = markFile(this.#options);
    const text = `${JSON.stringify({ ...this.#mark, staleDigest: this.#staleDigest })}\n`;
    if (files.read(file) !== text) files.write(file, text);
  }
}

/** The text both servers last agreed on, where pair.yaml was edited since. */
function agreedText(options: PairSettingsFileOptions, text: string): string {
  const agreed = options.files.read(inForceFile(options));
  const { agreedDigest } = readKept(options).mark;
  return agreed !== null && options.files.sha256(agreed) === agreedDigest ? agreed : text;
}

/** A lost or unreadable mark only means that the two servers have yet to agree again. */
function readKept(options: PairSettingsFileOptions): { mark: SettingsMark; staleDigest: string } {
  const none = { mark: { version: 0, digest: '', agreedVersion: 0, agreedDigest: '' }, staleDigest: '' };
  const text = options.files.read(markFile(options));
  if (text === null) return none;
  try {
    const value = JSON.parse(text) as Partial<SettingsMark & { staleDigest: string }>;
    const { version, digest, agreedVersion, agreedDigest, staleDigest = '' } = value;
    if (typeof version !== 'number' || typeof agreedVersion !== 'number') return none;
    if (typeof digest !== 'string' || typeof agreedDigest !== 'string' || typeof staleDigest !== 'string') return none;
    return { mark: { version, digest, agreedVersion, agreedDigest }, staleDigest };
  } catch (error) {
    if (error instanceof SyntaxError) return none;
    throw error;
  }
}

function inForceFile(options: PairSettingsFileOptions): string {
  return `${options.server.stateDirectory}/pair.in-force.yaml`;
}

function markFile(options: PairSettingsFileOptions): string {
  return `${options.server.stateDirectory}/pair-settings.json`;
}
