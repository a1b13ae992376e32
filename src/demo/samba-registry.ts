import { join } from 'node:path';
import { Problem } from '../problems/problem.ts';
import { systemPrograms } from '../system/processes/programs.ts';
import { trialFiles } from '../system/files/trial-files.ts';

const TIMEOUT_MS = 60_000;
const FOLDER = '/srv/samba';
/** What Samba keeps apart for each configuration. */
const PLACES = ['state', 'lock', 'cache', 'private', 'pid'] as const;

/** As the settings name it. */
export const SAMBA_CONFIGURATION = `${FOLDER}/smb.conf`;

/** Can this machine have a registry of Samba's? */
export async function hasSamba(): Promise<boolean> {
  const answers = [await ran(['net', '--version']), await ran(['testparm', '--version'])];
  return answers.every(({ status }) => status === 0);
}

/** A registry of Samba's own kind, apart from the machine's, used by Samba's tool as an administrator would. */
export class SambaRegistry {
  readonly #folder: string;

  /** @param base - the folder that stands for the server's root. */
  constructor(base: string) {
    this.#folder = join(base, FOLDER);
    for (const place of PLACES) trialFiles.makeFolder(this.#at(place));
    const places = PLACES.map((place) => `${place}${place === 'private' ? ' dir' : ' directory'} = ${this.#at(place)}`);
    trialFiles.write(this.#at('smb.conf'), ['[global]', ...places, ''].join('\n'));
  }

  /** @param content - of a `.reg` file. @throws Problem CLI-014 */
  async import(content: string): Promise<void> {
    trialFiles.write(this.#at('shop.reg'), content);
    await this.#net('import', this.#at('shop.reg'));
  }

  /** @throws Problem CLI-014 */
  async set(key: string, name: string, text: string): Promise<void> {
    await this.#net('setvalue', key, name, 'sz', text);
  }

  /** The key and all below it, as a `.reg` file; null where it is not there. */
  async export(key: string): Promise<string | null> {
    const file = this.#at('export.reg');
    const { status } = await this.#ranNet('export', key, file);
    return status === 0 ? trialFiles.read(file).toString('utf8') : null;
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }

  async #net(...parameters: string[]): Promise<void> {
    const { status, error } = await this.#ranNet(...parameters);
    if (status !== 0) throw new Problem('CLI-014', { reason: `net registry ${parameters.join(' ')} failed: ${error}` });
  }

  #ranNet(...parameters: string[]): ReturnType<typeof ran> {
    return ran(['net', '--configfile', this.#at('smb.conf'), 'registry', ...parameters]);
  }
}

function ran(command: readonly string[]): ReturnType<typeof systemPrograms.run> {
  return systemPrograms.run(command, { timeoutMs: TIMEOUT_MS });
}
