import { expect, it } from 'vitest';
import type { ByteFiles } from '../kernel/byte-files.ts';
import type { ProgramEnd } from '../kernel/programs.ts';
import { set } from './registry.testing.ts';
import { WineStore } from './wine-store.ts';

const PREFIX = '/prefix';
const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const [RUNS, NONE_RUNS, NOT_FOUND] = [0, 1, null];

/** A prefix in memory. @param states - what is answered, one time after the other, to whether a Wine runs there. */
function prefix(states: readonly (number | null)[]) {
  const content = new Map<string, Buffer>();
  for (const [name, top] of [
    ['system.reg', 'Machine'],
    ['user.reg', 'User\\\\S-1-5-21-0-0-0-1000'],
    ['userdef.reg', 'User\\\\.Default'],
  ]) {
    const text = `WINE REGISTRY Version 2\n;; All keys relative to REGISTRY\\\\${top}\n\n`;
    content.set(`${PREFIX}/${name}`, Buffer.from(text));
  }
  const commands: string[] = [];
  const answers = [...states];
  let written = 0;
  const files: ByteFiles = {
    stamp: (path) => (content.has(path) ? `${path} ${written}` : null),
    read: (path) => content.get(path) ?? null,
    write: (path, bytes) => {
      content.set(path, Buffer.from(bytes));
      written += 1;
    },
    sync: () => {},
    owner: () => null,
    remove: (path) => void content.delete(path),
    removeFolder: () => {},
    makeFolder: () => {},
    list: () => [],
  };
  const run = async (command: readonly string[]): Promise<ProgramEnd> => {
    commands.push(command.slice(0, 2).join(' '));
    // What regedit does is saved at once.
    if (command[0] === 'wine') written += 1;
    const answer = answers.length > 0 ? answers.shift() : NONE_RUNS;
    const status = command[0] === 'wine' ? 0 : (answer ?? null);
    return { status, output: '', error: '' };
  };
  let now = 0;
  const after = (delayMs: number, action: () => void): (() => void) => {
    now += delayMs;
    queueMicrotask(action);
    return () => {};
  };
  const clock = { monotonicMs: () => now, wallMs: () => now } as never;
  const timers = { after, every: after };
  const store = new WineStore({ files, programs: { run }, clock, timers, prefix: PREFIX, mustExist: true });
  return { store, commands, content };
}

it('the files are written where no Wine runs, before and after', async () => {
  const { store, commands } = prefix([NONE_RUNS, NONE_RUNS]);
  await store.write([set(ACME, 'a', '1'), set('HKEY_CURRENT_USER\\Console', 'b', '2')]);
  expect(commands).toEqual(['wineserver -k0', 'wineserver -k0']);
  const read = await store.read([ACME, 'HKEY_CURRENT_USER\\Console', 'HKEY_USERS\\S-1-5-21-0-0-0-1000\\Console']);
  expect([...read.keys()].flatMap(({ path, values }) => [...values.keys()].map((name) => `${path} ${name}`))).toEqual([
    `${ACME} A`,
    'HKEY_CURRENT_USER\\Console B',
    'HKEY_USERS\\S-1-5-21-0-0-0-1000\\Console B',
  ]);
});

it.each([
  ['runs', [RUNS]],
  ['may run, which nothing tells', [NOT_FOUND]],
  ['began while the files were written', [NONE_RUNS, RUNS]],
])('Wine itself writes where it %s', async (_what, states) => {
  const { store, commands } = prefix(states);
  await store.write([set(ACME, 'a', '1')]);
  expect(commands.slice(0, states.length + 1)).toEqual([...states.map(() => 'wineserver -k0'), 'wine regedit']);
});

it('Wine itself writes what stands in none of its files, and makes a prefix that is not there', async () => {
  const elsewhere = prefix([NONE_RUNS]);
  await elsewhere.store.write([set(ACME, 'a', '1'), set('HKEY_USERS\\somebody', 'a', '1')]);
  expect(elsewhere.commands.slice(0, 2)).toEqual(['wineserver -k0', 'wine regedit']);
  expect((await elsewhere.store.read([ACME])).size).toBe(0);
  const missing = prefix([NONE_RUNS]);
  missing.content.clear();
  await missing.store.write([set(ACME, 'a', '1')]);
  expect(missing.commands).toContain('wine regedit');
});
