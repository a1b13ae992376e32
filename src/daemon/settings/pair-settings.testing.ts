import { createHash } from 'node:crypto';
import { FileError } from '../../kernel/files.ts';
import { parseServerSettings } from '../../settings/server-settings.ts';
import type { ServerSettings } from '../../settings/settings.ts';
import { HandTime } from '../hand-time.testing.ts';
import { PairSettingsFile, type TextFiles } from './pair-settings-file.ts';

export const PAIR_FILE = '/etc/understudy/pair.yaml';
export const LOOK_MS = 2000;

/** Text of pair.yaml that protects this folder. */
export function protecting(folder: string): string {
  return `pair: shop\nprotect:\n  files:\n    include: ["${folder}/**"]\n`;
}

/** Files in memory. */
export class MemoryFiles implements TextFiles {
  readonly texts = new Map<string, string>();
  /** The code with which every reading of pair.yaml fails, and every writing. */
  readFailure: string | null = null;
  writeFailure: string | null = null;

  read(path: string): string | null {
    if (path === PAIR_FILE) this.#fail(this.readFailure, 'open');
    return this.texts.get(path) ?? null;
  }

  write(path: string, text: string): void {
    if (path === PAIR_FILE) this.#fail(this.writeFailure, 'write');
    this.texts.set(path, text);
  }

  sha256(text: string): string {
    return createHash('sha256').update(text).digest('hex');
  }

  #fail(code: string | null, call: string): void {
    if (code !== null) throw new FileError({ code, call, path: PAIR_FILE });
  }
}

function serverSettings(): ServerSettings {
  const text = 'identity: primary\nchannel: { listen: ["127.0.0.1:1"], peers: ["127.0.0.1:2"] }\n';
  const parsed = parseServerSettings(text, 'server.yaml');
  if (parsed.kind === 'problems') throw new Error(parsed.problems.map((one) => one.message).join());
  return parsed.settings;
}

/** The pair settings of one server whose files are in memory. */
export class OneServer {
  readonly files = new MemoryFiles();
  readonly time = new HandTime();
  readonly role: 'active' | 'passive';
  file: PairSettingsFile;

  constructor(role: 'active' | 'passive', text: string) {
    this.role = role;
    this.files.texts.set(PAIR_FILE, text);
    this.file = this.#open(text);
  }

  /** As when its daemon is started again. */
  restart(): void {
    this.file = this.#open(this.files.texts.get(PAIR_FILE) ?? '');
  }

  /** Somebody edits pair.yaml; null takes it away. */
  edit(text: string | null): void {
    if (text === null) this.files.texts.delete(PAIR_FILE);
    else this.files.texts.set(PAIR_FILE, text);
  }

  get inPairFile(): string | undefined {
    return this.files.texts.get(PAIR_FILE);
  }

  get included(): readonly string[] {
    return this.file.settings.protect.files.include;
  }

  #open(text: string): PairSettingsFile {
    const opened = PairSettingsFile.open(
      { files: this.files, timers: this.time, file: PAIR_FILE, server: serverSettings(), role: this.role },
      text,
    );
    if (!(opened instanceof PairSettingsFile)) throw new Error(opened.map((one) => one.message).join());
    return opened;
  }
}
