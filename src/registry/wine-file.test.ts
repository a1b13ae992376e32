import { expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { RegSyntaxError } from './reg-syntax.ts';
import { contentOf, treeOf } from './registry.testing.ts';
import { readWineFile } from './wine-file.ts';

const HEADER = 'WINE REGISTRY Version 2\n;; All keys relative to REGISTRY\\\\Machine\n\n#arch=win64\n\n';
const KEY = 'HKEY_LOCAL_MACHINE\\Software\\Acme';

function read(text: string, header = HEADER): string[] {
  return contentOf(readWineFile(Buffer.from(header + text, 'latin1')).tree);
}

function values(key: string, named: Readonly<Record<string, readonly [type: number, data: Uint8Array]>>): string[] {
  const edits = Object.entries(named).map(([name, [type, data]]) => ({
    kind: 'set' as const,
    key,
    value: { name, type, data },
  }));
  return contentOf(treeOf(edits));
}

const text = (of: string): Buffer => Buffer.from(of, 'utf16le');

it('every form of a value is read as it is', () => {
  const file = String.raw`[Software\\Acme] 1795342091
#time=1dd7fbe6203f4ba
@="the default"
"expanded"=str(2):"%PATH%\\bin"
"several"=str(7):"a\0b\0"
"number"=dword:0000002a
"bytes"=hex:01,ff,\
  00
"none"=hex(0):
"unknown"=hex(123):07
"escapes \"q\" \xdcnit"="line\nbreak, tab\t, bell\a, \x65e5\x672c, \0017, \x000e9"
`;
  expect(read(file)).toEqual(
    values(KEY, {
      '': [1, text('the default\0')],
      expanded: [2, text('%PATH%\\bin\0')],
      several: [7, text('a\0b\0\0')],
      number: [4, Buffer.from([42, 0, 0, 0])],
      bytes: [3, Buffer.from([1, 255, 0])],
      none: [0, Buffer.alloc(0)],
      unknown: [0x123, Buffer.from([7])],
      'escapes "q" Ünit': [1, text('line\nbreak, tab\t, bell\x07, 日本, \x017, \x0e9\0')],
    }),
  );
});

it('keys have any characters, those above them are there, and links and names with line breaks are left out', () => {
  const file = String.raw`[Software\\a\[b\]\\\xe9]

[Software\\Linked] 1
#link
"SymbolicLinkValue"=hex(6):5c,00

[Software\\two\nlines] 2
"x"="y"
`;
  const top = 'HKEY_LOCAL_MACHINE\\Software';
  expect(read(file)).toEqual(contentOf(treeOf([{ kind: 'key', key: `${top}\\a[b]\\é` }])));
});

it('the keys of a user are read by its name', () => {
  const header = HEADER.replace('Machine', 'User\\\\S-1-5-21-0-0-0-1000');
  const { tree, top } = readWineFile(Buffer.from(`${header}[Software\\\\Acme] 1\n`));
  expect(top).toBe('HKEY_USERS\\S-1-5-21-0-0-0-1000');
  expect(tree.get(`${top}\\software\\acme`)).toBeDefined();
});

it('keys that are not wanted are passed over, unless they are none', () => {
  const wants = (path: string): boolean => path.startsWith(KEY);
  const readAcme = (text: string): string[] =>
    contentOf(readWineFile(Buffer.from(`${HEADER}[Software\\\\Acme] 1\n"x"=hex:\n${text}`, 'latin1'), wants).tree);
  const other = '[Software\\\\Other] 1\n#time=1\n@="x"\n"y"=hex:01,\\\n  02\n\n';
  expect(readAcme(`${other}[Software\\\\Acme\\\\sub] 1\n`)).toEqual(
    contentOf(
      treeOf([
        { kind: 'set', key: KEY, value: { name: 'x', type: 3, data: Buffer.alloc(0) } },
        { kind: 'key', key: `${KEY}\\sub` },
      ]),
    ),
  );
  expect(() => readAcme(other + '\0\0\0\n')).toThrow('line 14, column 1: neither a key nor a value');
  expect(() => readAcme('[Software\\\\Other] 1\n"y"=hex:01,\\\n  0')).toThrow('the file ends within a value');
});

it.each([
  ['', 'REGEDIT4', 1, 'the first line'],
  ['', 'WINE REGISTRY Version 2\n;; Nothing', 2, 'it says not which keys'],
  ['[Software', HEADER, 6, 'closing bracket'],
  ['[Software]\nvalue', HEADER, 7, 'neither a key nor a value'],
  ['[Software]\n"x=1', HEADER, 7, 'neither a key nor a value'],
  ['[Software]\n"x"=1', HEADER, 7, 'no value'],
  ['[Software]\n"x"="y" z', HEADER, 7, 'something else behind'],
  ['[Software]\n"x"=dword:xyz', HEADER, 7, 'dword:'],
  ['[Software]\n"x"=hex:0', HEADER, 7, 'no hexadecimal'],
  ['[Software]\n"x"=hex:00,\\', HEADER, 7, 'ends within'],
])('%j is refused with its line', (file, header, line, reason) => {
  try {
    read(file, header);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(RegSyntaxError);
    expect(error).toMatchObject({ line, reason: expect.stringContaining(reason) as string });
  }
});

it('a file that is spoilt at random is read, or refused with its place', () => {
  const whole = `${HEADER}[Software\\\\Acme] 12\n@="x\\"y"\n"n"=hex(2):01,02,\\\n  03\n"d"=dword:00000001\n"m"=str(7):"a\\0b\\0"\n`;
  const random = seededRandom(3);
  const tokens = ['\\', '"', '[', ']', '=', ',', 'hex(', 'str(', '\n', '#link', '@', 'dword:', '\\x'];
  for (let round = 0; round < 5000; round += 1) {
    let spoilt = whole;
    for (let count = 0; count < 3; count += 1) {
      const at = Math.floor(random() * spoilt.length);
      const token = tokens[Math.floor(random() * tokens.length)] ?? '';
      spoilt = spoilt.slice(0, at) + (random() < 0.5 ? token : '') + spoilt.slice(at + Math.floor(random() * 5));
    }
    try {
      read(spoilt, '');
    } catch (error) {
      if (!(error instanceof RegSyntaxError)) throw error;
      expect(error.line).toBeGreaterThan(0);
    }
  }
});
