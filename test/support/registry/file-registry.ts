import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { readReg } from '../../../src/registry/reg-reader.ts';
import { writeReg } from '../../../src/registry/reg-writer.ts';
import { applyEdits, editsOf, type RegistryEdit } from '../../../src/registry/registry-edit.ts';
import type { RegistryTree } from '../../../src/registry/registry-tree.ts';
import { contentOf, treeOf } from '../../../src/registry/registry.testing.ts';
import type { TrialServer } from '../server.ts';
import { sync } from '../sync.ts';
import type { TrialRegistry, TrialStore } from './trial-registry.ts';

const PATH = '/registry/settings.reg';

/** A `.reg` file as a registry. */
export class FileRegistry implements TrialRegistry {
  readonly path: string;

  constructor(server: Pick<TrialServer, 'base'>) {
    this.path = join(server.base, PATH);
    fs.mkdirSync(dirname(this.path), { recursive: true });
  }

  get tree(): RegistryTree {
    return treeOf(fs.existsSync(this.path) ? readReg(fs.readFileSync(this.path)).edits : []);
  }

  get content(): string[] {
    return contentOf(this.tree);
  }

  get exported(): string[] {
    return this.content;
  }

  get exportedEdits(): readonly RegistryEdit[] {
    return readReg(fs.readFileSync(this.path)).edits;
  }

  edit(edits: readonly RegistryEdit[]): void {
    const { tree } = this;
    applyEdits(tree, edits);
    this.write(writeReg(editsOf(tree), 'utf-8'));
  }

  /** Whole, by a rename, as careful programs do: nobody reads the half of it. */
  write(content: string | Buffer): void {
    const mine = `${this.path}.mine`;
    fs.writeFileSync(mine, content);
    sync(mine);
    fs.renameSync(mine, this.path);
  }
}

export const FILE_STORE: TrialStore = {
  provider: 'file',
  path: PATH,
  // It is written in UTF-8 here, which has no lone surrogates.
  takes: (edit) => !JSON.stringify(edit).includes('\\ud800'),
  of: (server) => new FileRegistry(server),
};
