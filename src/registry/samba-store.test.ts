import { expect, it } from 'vitest';
import type { ByteFiles } from '../kernel/byte-files.ts';
import type { Programs } from '../kernel/programs.ts';
import type { RegistryEdit } from './registry-edit.ts';
import { contentOf, set, treeOf } from './registry.testing.ts';
import { writeReg } from './reg-writer.ts';
import { SambaStore } from './samba-store.ts';

const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const contents = new Map<string, Buffer>();

const files: ByteFiles = {
  stamp: () => '1',
  read: (path) => contents.get(path) ?? null,
  write: (path, bytes) => void contents.set(path, Buffer.from(bytes)),
  sync: () => {},
  owner: () => null,
  remove: (path) => void contents.delete(path),
  removeFolder: () => {},
  makeFolder: () => {},
  list: (folder) =>
    [...contents.keys()].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)),
};

function storeOf(run: number, programs: Programs): SambaStore {
  const shared = { files, configuration: null, folder: '/state', mustExist: true, freed: () => {} };
  return new SambaStore({ ...shared, run, programs });
}

/** As Samba's tool writes it. */
function exportOf(...edits: readonly RegistryEdit[]): Buffer {
  return Buffer.concat([writeReg(edits, 'utf-8'), Buffer.from(';Local Variables:\n;coding: UTF-8\n;End:\n')]);
}

/** @param exports - called with the file that is to be written; the export ends with what is returned. */
function programsOf(exports: (file: string) => Promise<void>): Programs {
  return {
    run: async ([program, ...parameters]) => {
      if (program === 'testparm') return { status: 0, output: '/samba', error: '' };
      await exports(parameters.at(-1) ?? '');
      return { status: 0, output: '', error: '' };
    },
  };
}

it('takes nothing of what a tool that an earlier run left behind writes late', async () => {
  let late = (): void => {};
  const former = storeOf(
    1,
    programsOf(async (file) => {
      late = () => contents.set(file, exportOf(set(ACME, 'old')));
      await new Promise<void>(() => {});
    }),
  );
  void former.read([ACME]);
  await new Promise((done) => setImmediate(done));
  const next = storeOf(
    2,
    programsOf(async (file) => {
      contents.set(file, exportOf(set(ACME, 'new')));
      late();
    }),
  );
  expect(contentOf(await next.read([ACME]))).toEqual(contentOf(treeOf([set(ACME, 'new')])));
  await next.read([ACME]);
  expect([...contents.keys()].filter((path) => path.includes('-2-'))).toEqual([]);
});

it('takes nothing of an export that is not whole, though the tool says that all is well', async () => {
  const whole = exportOf(set(ACME, 'a'), set(`${ACME}\\b`, 'b'));
  let bytes = whole.length;
  const store = storeOf(
    3,
    programsOf(async (file) => void contents.set(file, whole.subarray(0, bytes))),
  );
  expect((await store.read([ACME])).get(`${ACME}\\b`)).toBeDefined();
  for (const end of ['[HKEY_LOCAL_MACHINE\\Software\\Acme\\b]', ';Local', ';End']) {
    bytes = whole.indexOf(end);
    await expect(store.read([ACME])).rejects.toMatchObject({ code: 'REG-003' });
  }
});
