import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { readReg } from './reg-reader.ts';
import { RegSyntaxError } from './reg-syntax.ts';
import { writeReg } from './reg-writer.ts';
import { editsOf, type RegistryEdit } from './registry-edit.ts';
import { anyEdit, contentOf, treeOf } from './registry.testing.ts';

const HEAD = 'Windows Registry Editor Version 5.00\r\n\r\n';
/** In a heap of this size a list of as many numbers has no room, while their text has. */
const [LONG_BYTES, HEAP_MIB] = [9_000_000, 60];
const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';

function edits(body: string, head = HEAD): readonly RegistryEdit[] {
  return readReg(Buffer.from(head + body)).edits;
}

function fault(body: string, head = HEAD): string {
  try {
    readReg(Buffer.from(head + body));
  } catch (error) {
    if (error instanceof RegSyntaxError) return error.message;
    throw error;
  }
  return 'none';
}

/** Type and data of the one value. */
function valueOf(text: string, head?: string): [number, string] {
  const edit = edits(`[${ACME}]\r\n"x"=${text}\r\n`, head).at(-1);
  if (edit?.kind !== 'set') throw new Error('no value');
  return [edit.value.type, Buffer.from(edit.value.data).toString('hex')];
}

describe('a .reg file', () => {
  it('says the same after it is written and read', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const random = seededRandom(seed);
      const tree = treeOf(Array.from({ length: 30 }, () => anyEdit(random)));
      const read = readReg(writeReg(editsOf(tree), 'utf-16le'));
      expect(read).toMatchObject({ version: 5, encoding: 'utf-16le' });
      expect(contentOf(treeOf(read.edits))).toEqual(contentOf(tree));
    }
  });

  it('keeps edits in their order, in UTF-8 too where no surrogate is alone', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const random = seededRandom(seed);
      const all = Array.from({ length: 20 }, () => anyEdit(random)).filter((one) => JSON.stringify(one).isWellFormed());
      // A file that takes a value away makes its key.
      const some = all.filter((one) => one.kind !== 'unset' && !JSON.stringify(one).includes('\\ud800'));
      expect(contentOf(treeOf(readReg(writeReg(some, 'utf-8')).edits))).toEqual(contentOf(treeOf(some)));
    }
  });

  it('holds every kind of value as regedit writes it', () => {
    expect(valueOf('"a\\\\b\\"c"')).toEqual([1, Buffer.from('a\\b"c\0', 'utf16le').toString('hex')]);
    expect(valueOf('dword:0000000a')).toEqual([4, '0a000000']);
    expect(valueOf('hex:01,02,\\\r\n  ff')).toEqual([3, '0102ff']);
    expect(valueOf('hex(2):25,00,00,00 ; a comment')).toEqual([2, '25000000']);
    expect(valueOf('hex(0):')).toEqual([0, '']);
    expect(valueOf('hex(ffffffff):7')).toEqual([0xffffffff, '07']);
    expect(valueOf('hex(5):00,00,00,01')).toEqual([5, '00000001']);
    expect(valueOf('hex(2):e9,00', 'REGEDIT4\r\n\r\n')).toEqual([2, 'e9000000']);
  });

  it('holds deletions, the default value, and names with any characters', () => {
    expect(edits(`[-${ACME}]\r\n[HKLM\\Software\\a]b]\r\n@="d"\r\n"q=\\"1\\\\"=-\r\n`)).toMatchObject([
      { kind: 'deleteKey', key: ACME },
      { kind: 'key', key: 'HKEY_LOCAL_MACHINE\\Software\\a]b' },
      { kind: 'set', value: { name: '' } },
      { kind: 'unset', name: 'q="1\\' },
    ]);
  });

  it('may be UTF-16 with and without its mark, and version 4 in the code page of old', () => {
    const text = `${HEAD}[${ACME}]\r\n"é"="ß"\r\n`;
    expect(readReg(Buffer.from(text, 'utf16le')).edits).toEqual(readReg(Buffer.from(text)).edits);
    expect(readReg(Buffer.from(`\ufeff${text}`, 'utf16le')).edits).toEqual(readReg(Buffer.from(text)).edits);
    const old = Buffer.from(`REGEDIT4\r\n\r\n[${ACME}]\r\n"\xe9"="\xdf"\r\n`, 'latin1');
    expect(readReg(old)).toMatchObject({
      version: 4,
      encoding: 'windows-1252',
      edits: readReg(Buffer.from(text)).edits,
    });
  });

  it.each([
    ['"x"="y"', 'line 3, column 1: a value without a key above it'],
    ['[HKLM\\a', 'line 3, column 1: a key without its closing bracket'],
    ['[HKLM\\a] x', 'line 3, column 9: something else behind the key'],
    ['[HKXX\\a]', 'line 3, column 2: the key begins with no hive (HKLM, HKU, HKCU, HKCR, HKCC)'],
    ['[HKLM\\a\\\\b]', 'line 3, column 2: the key has an empty name between two backslashes, or at its end'],
    ['[-HKLM]', 'line 3, column 2: a hive can’t be deleted'],
    ['[HKLM\\a]\r\nx=1', 'line 4, column 1: neither a key nor a value'],
    ['[HKLM\\a]\r\n"x" "y"', 'line 4, column 5: = is missing behind the name'],
    ['[HKLM\\a]\r\n"x"="y', 'line 4, column 5: a quotation mark that is never closed'],
    ['[HKLM\\a]\r\n"x"="y\\q"', 'line 4, column 7: an unknown escape'],
    ['[HKLM\\a]\r\n"x"=word', 'line 4, column 5: no value: neither text, dword:, hex: nor -'],
    ['[HKLM\\a]\r\n"x"=dword:', 'line 4, column 11: a hexadecimal number is missing'],
    ['[HKLM\\a]\r\n"x"=dword:123456789', 'line 4, column 11: a number of more than 8 hexadecimal digits'],
    ['[HKLM\\a]\r\n"x"=hex(2:00', 'line 4, column 10: ) is missing behind the type'],
    ['[HKLM\\a]\r\n"x"=hex:00,zz', 'line 4, column 12: something else behind the value'],
    ['[HKLM\\a]\r\n"x"=hex:00,\\ 01', 'line 4, column 12: a backslash that does not end the line'],
  ])('that is malformed is told with its place: %j', (body, expected) => {
    expect(fault(body)).toBe(expected);
  });

  it('that has one very long value takes memory in proportion to it', async () => {
    const reader = new URL('reg-reader.ts', import.meta.url).href;
    const script = `
      const { readReg } = await import(${JSON.stringify(reader)});
      const text = ${JSON.stringify(`${HEAD}[HKLM\\a]\r\n@=hex:`)} + '1,'.repeat(${LONG_BYTES});
      const { edits } = readReg(Buffer.from(text));
      process.getBuiltinModule('node:worker_threads').parentPort.postMessage(edits[1].value.data.length);
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    expect(await once(worker, 'message')).toEqual([LONG_BYTES]);
  });

  it('without its first line, or that can’t be decoded, is malformed', () => {
    expect(fault('', '')).toContain('line 1, column 1: the first line is not');
    expect(() => readReg(Buffer.concat([Buffer.from(`${HEAD}[HKLM\\`), Buffer.from([0xff, 0x5d])]))).toThrow(
      'line 3, column 7: no UTF-8, and no UTF-16 either',
    );
    expect(() => readReg(Buffer.concat([Buffer.from(`\ufeff${HEAD}`, 'utf16le'), Buffer.from([1])]))).toThrow('half');
  });
});
