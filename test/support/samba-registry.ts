import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { readReg } from '../../src/registry/reg-reader.ts';
import { writeReg } from '../../src/registry/reg-writer.ts';
import type { RegistryEdit } from '../../src/registry/registry-edit.ts';
import { contentOf, treeOf } from '../../src/registry/registry.testing.ts';
import type { TrialServer } from './server.ts';

export const SAMBA_CONFIGURATION = '/samba/smb.conf';
const KEY = 'HKEY_LOCAL_MACHINE\\Software\\Acme';

/** One server's own Samba registry, apart from the system's; used by `net` alone, as an operator would. */
export class SambaRegistry {
  readonly #folder: string;

  constructor(server: Pick<TrialServer, 'base'>) {
    this.#folder = join(server.base, 'samba');
    if (fs.existsSync(this.#configuration)) return;
    const kinds = ['state', 'lock', 'cache', 'private', 'pid'];
    for (const kind of kinds) fs.mkdirSync(join(this.#folder, kind), { recursive: true });
    const places = kinds.map(
      (kind) => `${kind === 'private' ? 'private dir' : `${kind} directory`} = ${join(this.#folder, kind)}`,
    );
    fs.writeFileSync(this.#configuration, ['[global]', ...places, ''].join('\n'));
  }

  get #configuration(): string {
    return join(this.#folder, 'smb.conf');
  }

  edit(edits: readonly RegistryEdit[]): void {
    const file = join(this.#folder, 'mine.reg');
    fs.writeFileSync(file, writeReg(edits, 'utf-16le'));
    this.net('import', file);
  }

  /** As the tool exports it; empty where the key is not there. */
  get export(): string {
    const file = join(this.#folder, 'mine-out.reg');
    try {
      this.net('export', KEY, file);
    } catch (error) {
      if (String((error as { stderr?: unknown }).stderr).includes('WERR_FILE_NOT_FOUND')) return '';
      throw error;
    }
    return fs.readFileSync(file, 'utf8');
  }

  /** The same, in an order of its own. */
  get content(): string[] {
    const text = this.export;
    return text === '' ? [] : contentOf(treeOf(readReg(Buffer.from(text)).edits));
  }

  net(...parameters: string[]): void {
    execFileSync('net', ['--configfile', this.#configuration, 'registry', ...parameters], { stdio: 'pipe' });
  }
}
