import { expect, it } from 'vitest';
import type { ByteFiles } from '../kernel/byte-files.ts';
import type { Programs } from '../kernel/programs.ts';
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
  makeFolder: () => {},
  list: (folder) =>
    [...contents.keys()].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)),
};

function storeOf(run: number, programs: Programs): SambaStore {
  const shared = { files, configuration: null, folder: '/state', mustExist: true, met: () => {} };
  return new SambaStore({ ...shared, run, programs });
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
      late = () => contents.set(file, writeReg([set(ACME, 'old')], 'utf-16le'));
      await new Promise<void>(() => {});
    }),
  );
  void former.read([ACME]);
  await new Promise((done) => setImmediate(done));
  const next = storeOf(
    2,
    programsOf(async (file) => {
      contents.set(file, writeReg([set(ACME, 'new')], 'utf-16le'));
      late();
    }),
  );
  expect(contentOf(await next.read([ACME]))).toEqual(contentOf(treeOf([set(ACME, 'new')])));
  await next.read([ACME]);
  expect([...contents.keys()].filter((path) => path.includes('-2-'))).toEqual([]);
});
