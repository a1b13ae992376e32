import { join } from 'node:path';
import type { PairFileValues } from '../settings/pair-schema.ts';
import { trialFiles } from '../system/files/trial-files.ts';
import { hasSamba, SAMBA_CONFIGURATION, SambaRegistry } from './samba-registry.ts';

const TILLS = 12;
const FILE = '/srv/registry/shop.reg';
const SHOP_KEY = 'HKEY_LOCAL_MACHINE\\Software\\Shop';
const INCLUDE = ['HKLM\\Software\\Shop\\**'];
/** What is changed while both servers run. */
const CHANGED = { key: `${SHOP_KEY}\\Tills\\Till 3`, name: 'Closed by', text: 'the demo' } as const;
const CHANGED_LINE = `"${CHANGED.name}"="${CHANGED.text}"`;

interface OfBoth<Thing> {
  readonly active: Thing;
  readonly passive: Thing;
}

/** What the shop keeps in registries: in a `.reg` file, and where this machine can have one, in Samba's. */
export class ShopRegistry {
  readonly keys = TILLS;
  readonly #files: OfBoth<string>;
  readonly #samba: OfBoth<SambaRegistry> | null;

  private constructor(files: OfBoth<string>, samba: OfBoth<SambaRegistry> | null) {
    this.#files = files;
    this.#samba = samba;
  }

  /**
   * Makes those of the active server, and room for those of the passive one.
   * @param bases - the folders that stand for the servers' roots.
   * @throws Problem CLI-014 where Samba's tools refuse.
   */
  static async make(bases: OfBoth<string>): Promise<ShopRegistry> {
    const files = { active: join(bases.active, FILE), passive: join(bases.passive, FILE) };
    for (const base of [bases.active, bases.passive]) trialFiles.makeFolder(join(base, FILE, '..'));
    trialFiles.write(files.active, content());
    if (!(await hasSamba())) return new ShopRegistry(files, null);
    const samba = { active: new SambaRegistry(bases.active), passive: new SambaRegistry(bases.passive) };
    await samba.active.import(content());
    return new ShopRegistry(files, samba);
  }

  /** Of `protect.registry`. */
  get settings(): NonNullable<NonNullable<PairFileValues['protect']>['registry']> {
    const file = { provider: 'file', path: FILE, include: INCLUDE } as const;
    const samba = { provider: 'samba', path: SAMBA_CONFIGURATION, include: INCLUDE } as const;
    return this.#samba === null ? [file] : [file, samba];
  }

  /** For people. */
  get places(): string {
    return this.#samba === null ? 'a .reg file (Samba’s tools are not here)' : 'a .reg file and Samba’s registry';
  }

  /** As a program of the active server does. */
  async change(): Promise<void> {
    trialFiles.write(`${this.#files.active}.new`, content([CHANGED_LINE]));
    trialFiles.rename(`${this.#files.active}.new`, this.#files.active);
    await this.#samba?.active.set(CHANGED.key, CHANGED.name, CHANGED.text);
  }

  /** Do the passive server's hold what the active one's hold, looked at without the product? */
  async isSame(): Promise<boolean> {
    const { active, passive } = this.#files;
    if (!trialFiles.exists(passive)) return false;
    const there = new Set(linesOf(trialFiles.read(passive).toString('utf16le')));
    if (!linesOf(trialFiles.read(active).toString('utf8')).every((line) => there.has(line))) return false;
    if (this.#samba === null) return true;
    const [own, copy] = [await this.#samba.active.export(SHOP_KEY), await this.#samba.passive.export(SHOP_KEY)];
    // Samba lists values as they came to it.
    return (
      copy !== null &&
      linesOf(own ?? '')
        .sort()
        .join() === linesOf(copy).sort().join()
    );
  }
}

/** Of a `.reg` file. @param more - lines of the key that is changed. */
function content(more: readonly string[] = []): string {
  const lines = ['Windows Registry Editor Version 5.00', ''];
  for (let till = 1; till <= TILLS; till += 1) {
    const key = `${SHOP_KEY}\\Tills\\Till ${till}`;
    lines.push(
      `[${key}]`,
      `@="Till number ${till}"`,
      `"Printer"="lp${till}"`,
      `"Open"=dword:0000000${till % 2}`,
      '"Keys"=hex:01,02,03',
      ...(key === CHANGED.key ? more : []),
      '',
    );
  }
  return [...lines, ''].join('\r\n');
}

/** Without the mark of the encoding, and empty ones. */
function linesOf(text: string): string[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '');
}
