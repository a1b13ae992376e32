import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { readReg } from '../../../src/registry/reg-reader.ts';
import { writeReg } from '../../../src/registry/reg-writer.ts';
import type { RegistryEdit } from '../../../src/registry/registry-edit.ts';
import { contentOf, treeOf } from '../../../src/registry/registry.testing.ts';
import { isHeldBySamba } from '../../../src/registry/samba-store.ts';
import type { TrialServer } from '../server.ts';
import { ACME, effective } from './protected-registry.ts';
import type { TrialRegistry, TrialStore } from './trial-registry.ts';

const PATH = '/samba/smb.conf';

/** One server's own Samba registry, apart from the system's; used by `net` alone, as an operator would. */
export class SambaRegistry implements TrialRegistry {
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
    // The tool refuses an import that takes away what is not there.
    fs.writeFileSync(file, writeReg(effective(treeOf(this.exportedEdits), edits), 'utf-16le'));
    this.net('import', file);
  }

  get content(): string[] {
    return contentOf(treeOf(this.exportedEdits));
  }

  get exported(): string[] {
    return this.content;
  }

  /** None where the key is not there. */
  get exportedEdits(): readonly RegistryEdit[] {
    const file = join(this.#folder, 'mine-out.reg');
    try {
      this.net('export', ACME, file);
    } catch (error) {
      if (String((error as { stderr?: unknown }).stderr).includes('WERR_FILE_NOT_FOUND')) return [];
      throw error;
    }
    return readReg(fs.readFileSync(file)).edits;
  }

  net(...parameters: string[]): void {
    execFileSync('net', ['--configfile', this.#configuration, 'registry', ...parameters], { stdio: 'pipe' });
  }
}

export const SAMBA_STORE: TrialStore = {
  provider: 'samba',
  path: PATH,
  takes: isHeldBySamba,
  of: (server) => new SambaRegistry(server),
};
