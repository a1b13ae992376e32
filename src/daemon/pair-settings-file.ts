import type { Role } from '../api/status.ts';
import { protectedSet } from '../changes/protected-set.ts';
import { fromText } from '../kernel/byte-string.ts';
import type { Cancel, Timers } from '../kernel/clock.ts';
import type { Problem } from '../problems/problem.ts';
import { parsePairSettings } from '../settings/pair-settings.ts';
import type { PairSettings, ServerSettings } from '../settings/settings.ts';
import { judgeSettings, markOf, type SettingsMark, type SettingsVerdict } from './pair-settings-sync.ts';

/** Small whole files; `system/durable-file.ts` in a daemon. */
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

const LOOK_EVERY_MS = 2000;

/**
 * pair.yaml on this server: the settings in force, their version, and what the other server is to be
 * told. On the passive server the text in force is the active one's, whatever was edited here.
 */
export class PairSettingsFile {
  readonly #options: PairSettingsFileOptions;
  #settings: PairSettings;
  #warnings: readonly Problem[];
  #text: string;
  #mark: SettingsMark;
  /** Of the text last seen in pair.yaml itself. */
  #seenDigest: string;

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
    this.#mark = markOf(readMark(options), this.#seenDigest);
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

  /** Looks for edits now and then. */
  watch(onChange: (change: { kind: 'changed' } | { kind: 'invalid'; problems: readonly Problem[] }) => void): Cancel {
    return this.#options.timers.every(LOOK_EVERY_MS, () => {
      const { files, file, server, role } = this.#options;
      const text = files.read(file);
      if (text === null) return;
      const digest = files.sha256(text);
      if (digest === this.#seenDigest) return;
      this.#seenDigest = digest;
      const parsed = parsePairSettings(text, file, server);
      if (parsed.kind === 'problems') {
        onChange({ kind: 'invalid', problems: parsed.problems });
        return;
      }
      this.#mark = markOf(this.#mark, digest);
      this.#saveMark();
      if (role === 'active') this.#useText(text, parsed.settings, parsed.warnings);
      onChange({ kind: 'changed' });
    });
  }

  /** The active server's text: in force from now on, and written to pair.yaml where nobody edited that here. */
  take(received: { version: number; text: string }): readonly Problem[] {
    const { files, file, server } = this.#options;
    const parsed = parsePairSettings(received.text, file, server);
    if (parsed.kind === 'problems') return parsed.problems;
    const digest = files.sha256(received.text);
    const editedHere =
      this.#mark.agreedDigest !== '' && this.#seenDigest !== this.#mark.agreedDigest && this.#seenDigest !== digest;
    files.write(inForceFile(this.#options), received.text);
    if (!editedHere) {
      files.write(file, received.text);
      this.#seenDigest = digest;
    }
    this.#mark = {
      version: received.version,
      digest: editedHere ? this.#seenDigest : digest,
      agreedVersion: received.version,
      agreedDigest: digest,
    };
    this.#saveMark();
    this.#useText(received.text, parsed.settings, parsed.warnings);
    return [];
  }

  /** The other server holds the same text. */
  agreed(): void {
    if (this.#mark.agreedDigest === this.#mark.digest) return;
    this.#mark = {
      ...this.#mark,
      agreedVersion: this.#mark.version,
      agreedDigest: this.#options.files.sha256(this.#text),
    };
    this.#options.files.write(inForceFile(this.#options), this.#text);
    this.#saveMark();
  }

  #useText(text: string, settings: PairSettings, warnings: readonly Problem[]): void {
    this.#text = text;
    this.#settings = settings;
    this.#warnings = warnings;
  }

  #saveMark(): void {
    this.#options.files.write(markFile(this.#options), `${JSON.stringify(this.#mark)}\n`);
  }
}

/** The text both servers last agreed on, where pair.yaml was edited since. */
function agreedText(options: PairSettingsFileOptions, text: string): string {
  const agreed = options.files.read(inForceFile(options));
  const { agreedDigest } = readMark(options);
  return agreed !== null && options.files.sha256(agreed) === agreedDigest ? agreed : text;
}

/** A lost or unreadable mark only means that the two servers have yet to agree again. */
function readMark(options: PairSettingsFileOptions): SettingsMark {
  const none: SettingsMark = { version: 0, digest: '', agreedVersion: 0, agreedDigest: '' };
  const text = options.files.read(markFile(options));
  if (text === null) return none;
  try {
    const value = JSON.parse(text) as Partial<SettingsMark>;
    const { version, digest, agreedVersion, agreedDigest } = value;
    if (typeof version !== 'number' || typeof agreedVersion !== 'number') return none;
    if (typeof digest !== 'string' || typeof agreedDigest !== 'string') return none;
    return { version, digest, agreedVersion, agreedDigest };
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
