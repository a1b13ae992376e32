import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReg } from '../../../src/registry/reg-reader.ts';
import { writeReg } from '../../../src/registry/reg-writer.ts';
import type { RegistryEdit } from '../../../src/registry/registry-edit.ts';
import { contentOf, treeOf } from '../../../src/registry/registry.testing.ts';
import { readWineFile } from '../../../src/registry/wine-file.ts';
import { isHeldByWine } from '../../../src/registry/wine-store.ts';
import { removeTree } from '../remove-tree.ts';
import type { TrialServer } from '../server.ts';
import { ACME } from './protected-registry.ts';
import type { TrialRegistry, TrialStore } from './trial-registry.ts';

const PATH = '/wine';
export const WINE_ENVIRONMENT = {
  DISPLAY: '',
  WINEDEBUG: '-all',
  WINEDLLOVERRIDES: 'winemenubuilder.exe=d;mscoree=;mshtml=',
};
/** What a prefix has of its own; its programs it shares with all others here. */
const OWN = ['system.reg', 'user.reg', 'userdef.reg', '.update-timestamp'];

/** The registry of one server's own Wine prefix; used by its regedit alone, as an operator would. */
export class WineRegistry implements TrialRegistry {
  readonly prefix: string;

  constructor(server: Pick<TrialServer, 'base'>) {
    this.prefix = join(server.base, PATH);
    if (fs.existsSync(this.prefix)) return;
    const model = modelPrefix();
    fs.mkdirSync(join(this.prefix, 'dosdevices'), { recursive: true });
    for (const file of OWN) fs.copyFileSync(join(model, file), join(this.prefix, file));
    fs.symlinkSync(join(model, 'drive_c'), join(this.prefix, 'drive_c'));
    fs.symlinkSync('../drive_c', join(this.prefix, 'dosdevices/c:'));
    fs.symlinkSync('/', join(this.prefix, 'dosdevices/z:'));
  }

  /** Without Wine: while it runs, it saves every 30 s only. */
  get content(): string[] {
    const { tree } = readWineFile(fs.readFileSync(join(this.prefix, 'system.reg')));
    const part = treeOf([]);
    const top = tree.get(ACME);
    for (const key of top === undefined ? [] : [top, ...tree.below(ACME)]) {
      for (const [name, value] of key.values) part.ensureAll(key.path).values.set(name, value);
      part.ensureAll(key.path);
    }
    return contentOf(part);
  }

  get exported(): string[] {
    return contentOf(treeOf(this.exportedEdits));
  }

  get exportedEdits(): readonly RegistryEdit[] {
    const edits = this.export();
    this.ended();
    return edits;
  }

  /** Also while other programs run. */
  export(): readonly RegistryEdit[] {
    const file = join(this.prefix, 'mine-out.reg');
    fs.rmSync(file, { force: true });
    this.run('wine', 'regedit', '/E', windowsPath(file), ACME);
    return fs.existsSync(file) ? readReg(fs.readFileSync(file)).edits : [];
  }

  edit(edits: readonly RegistryEdit[]): void {
    this.import(edits);
    this.ended();
  }

  import(edits: readonly RegistryEdit[]): void {
    const file = join(this.prefix, 'mine.reg');
    fs.writeFileSync(file, writeReg(edits, 'utf-16le'));
    this.run('wine', 'regedit', '/S', windowsPath(file));
  }

  /** Waits until no program of the prefix runs: then all is saved. */
  ended(): void {
    this.run('wineserver', '-w');
  }

  run(program: string, ...parameters: string[]): void {
    runInPrefix(this.prefix, program, ...parameters);
  }
}

export const WINE_STORE: TrialStore = {
  provider: 'wine',
  path: PATH,
  takes: isHeldByWine,
  of: (server) => new WineRegistry(server),
};

let model: string | null = null;

/** A prefix as Wine makes it, once in a process; 700 MB. */
function modelPrefix(): string {
  if (model !== null) return model;
  model = fs.mkdtempSync(join(tmpdir(), 'understudy-wine-'));
  runInPrefix(model, 'wine', 'wineboot', '--init');
  runInPrefix(model, 'wineserver', '-w');
  return model;
}

/** To be called when no prefix is used any more. */
export function dropModelPrefix(): void {
  if (model !== null) removeTree(model);
  model = null;
}

function windowsPath(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`;
}

function runInPrefix(prefix: string, program: string, ...parameters: string[]): void {
  const environment = { ...process.env, ...WINE_ENVIRONMENT, WINEPREFIX: prefix };
  execFileSync(program, parameters, { env: environment, stdio: 'ignore' });
}
