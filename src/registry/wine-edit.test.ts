import { expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import type { RegistryEdit } from './registry-edit.ts';
import { applyEdits } from './registry-edit.ts';
import { anyEdit, contentOf, set, treeOf } from './registry.testing.ts';
import { WineFileEditor } from './wine-edit.ts';
import { readWineFile } from './wine-file.ts';

const BEGINNING = 'WINE REGISTRY Version 2\n;; All keys relative to REGISTRY\\\\Machine\n\n#arch=win64\n\n';
const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const NOW_S = 1_800_000_000;

function edited(file: string, edits: readonly RegistryEdit[]): string {
  const editor = new WineFileEditor({
    name: 'system.reg',
    bytes: Buffer.from(BEGINNING + file, 'latin1'),
    wallMs: NOW_S * 1000,
  });
  for (const edit of edits) editor.carryOut(edit);
  const text = editor.bytes.toString('latin1');
  expect(text.startsWith(BEGINNING)).toBe(true);
  return text.slice(BEGINNING.length);
}

it('what is not changed stays line by line, and a key that is changed has the time of that', () => {
  const other = String.raw`[Software\\Other\\\xe9\[\]] 1795342091
#time=1dd7fbe6203f4ba
#class="what it is"
@="x"
"bytes"=hex:01,ff,\
  00
"odd"=str(2):"%PATH%\0"

`;
  const acme = '[Software\\\\Acme] 1\n#time=1\n#class="c"\n"a"="1"\n"B"=hex:01,\\\n  02\n"c"=dword:00000001\n';
  expect(edited(other + acme, [])).toBe(other + acme);
  const edits: RegistryEdit[] = [
    set(ACME, 'A', '2'),
    { kind: 'unset', key: ACME.toUpperCase(), name: 'b' },
    set(`${ACME}\\new\\[key]`, 'é"\\', 'line\n'),
  ];
  expect(edited(other + acme, edits)).toBe(
    `${other}[Software\\\\Acme] ${NOW_S}\n#class="c"\n"A"="2"\n"c"=dword:00000001\n\n` +
      `[Software\\\\Acme\\\\new\\\\\\[key\\]] ${NOW_S}\n"\\x00e9\\"\\\\"="line\\x000a"\n`,
  );
});

it('a key that is taken away goes with all below it, and the one above stays', () => {
  const file = '[Software\\\\Acme\\\\a] 1\n"x"="y"\n\n[Software\\\\Acme\\\\a\\\\b] 1\n\n[Software\\\\Acmeb] 1\n';
  const without = edited(file, [{ kind: 'deleteKey', key: `${ACME}\\A` }]);
  expect(without).toBe(`[Software\\\\Acmeb] 1\n\n[Software\\\\Acme] ${NOW_S}\n`);
});

it('what lies behind a link is left alone, and a link goes with the key above it', () => {
  const file = '[Software\\\\Acme\\\\link] 1\n#link\n"SymbolicLinkValue"=hex(6):5c,00\n';
  const link = `${ACME}\\Link`;
  const edits: RegistryEdit[] = [set(link, 'x'), set(`${link}\\below`, 'x'), { kind: 'deleteKey', key: link }];
  expect(edited(file, edits)).toBe(file);
  expect(edited(file, [{ kind: 'deleteKey', key: ACME }])).toBe(`[Software] ${NOW_S}\n`);
});

it('any changes make of the file what they make of the registry', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = seededRandom(seed);
    const edits = Array.from({ length: 20 }, () => anyEdit(random));
    const tree = treeOf([set(`${ACME}\\Software`, 'a')]);
    const file = edited('[Software\\\\Acme\\\\Software] 1\n"a"="x"\n', edits);
    applyEdits(tree, edits);
    const read = readWineFile(Buffer.from(BEGINNING + file, 'latin1')).tree;
    expect(contentOf(read), `seed ${seed}`).toEqual(contentOf(tree));
  }
});
