import { beforeEach, expect, it } from 'vitest';
import { FileError } from '../kernel/files.ts';
import { Problem } from '../problems/problem.ts';
import { ActiveRegistry } from './active-registry.ts';
import type { CopyNews } from './copy.ts';
import { PassiveRegistry } from './passive-registry.ts';
import type { RegistryEdit } from './registry-edit.ts';
import { contentOf, MemoryStore, set, timersWith, treeOf } from './registry.testing.ts';

const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const PATTERNS = { include: ['HKLM\\Software\\**'], exclude: [] };
const DUE = new Set(['file']);

let here: MemoryStore;
let there: MemoryStore;
let news: CopyNews[];
let kept: RegistryEdit[];
let keeps: () => string;
let adopts: () => void;
/** How many keys the passive server said to be out of sync whenever it found some to be so. */
let told: (number | undefined)[];
let batches: Buffer[];
let active: ActiveRegistry;
let passive: PassiveRegistry;

beforeEach(async () => {
  [here, there] = [new MemoryStore(), new MemoryStore()];
  [news, kept, batches] = [[], [], []];
  keeps = () => '/kept.reg';
  [adopts, told] = [() => {}, []];
  await together('quarantine');
});

async function together(orphans: 'quarantine' | 'log'): Promise<void> {
  active = new ActiveRegistry({
    run: 1,
    timers: timersWith(() => {}),
    stores: [{ name: 'file', store: here, patterns: PATTERNS }],
    emit: ({ bytes }) => batches.push(bytes),
  });
  startPassive({ orphans });
  here.edit([set(ACME, 'a'), set(ACME, 'own'), set(`${ACME}\\sub`, 'b')]);
  await active.state();
  await applied();
  news = [];
}

function startPassive({
  orphans = 'quarantine',
  isAdopted = true,
}: {
  readonly orphans?: 'quarantine' | 'log';
  readonly isAdopted?: boolean;
} = {}): void {
  passive = new PassiveRegistry([
    {
      name: 'file',
      store: there,
      patterns: PATTERNS,
      orphans,
      isAdopted,
      adopt: () => adopts(),
      keep: (edits) => {
        const file = keeps();
        kept.push(...edits);
        return file;
      },
      news: (one) => news.push(one),
      differs: () => told.push(passive.states[0]?.outOfSync),
    },
  ]);
}

async function applied(): Promise<void> {
  for (const bytes of batches.splice(0)) await passive.apply(bytes, () => {});
}

async function settled(): Promise<void> {
  await active.look(DUE);
  await applied();
}

it('what the active server takes away goes also where orphans are only logged, and where that is refused first', async () => {
  [here, there] = [new MemoryStore(), new MemoryStore()];
  await together('log');
  there.edit([set(`${ACME}\\own`, 'n'), set(`${ACME}\\sub\\own`, 'n')]);
  here.edit([
    { kind: 'deleteKey', key: `${ACME}\\sub` },
    { kind: 'unset', key: ACME, name: 'own' },
  ]);
  await settled();
  there.fail();
  here.edit([{ kind: 'unset', key: ACME, name: 'a' }]);
  await settled();
  there.failure = null;
  await passive.look(DUE, true);
  const left = treeOf([set(`${ACME}\\own`, 'n'), set(`${ACME}\\sub\\own`, 'n')]);
  expect(contentOf(there.tree)).toEqual(contentOf(left));
  expect(passive.states[0]?.outOfSync).toBe(0);
});

it('replaces nothing that it can’t keep, and says why', async () => {
  there.edit([set(ACME, 'a', 'precious')]);
  keeps = () => {
    throw new FileError({ code: 'ENOSPC', call: 'write', path: '/state' });
  };
  await passive.look(DUE, true);
  expect(passive.states[0]?.problem?.code).toBe('REG-003');
  expect([...news]).toEqual([]);
  keeps = () => '/kept.reg';
  await passive.look(DUE, true);
  expect(passive.states[0]?.problem).toBeNull();
  expect(kept).toMatchObject([{ kind: 'key' }, { kind: 'set' }, { kind: 'set' }]);
  expect(news.map(({ kind }) => kind)).toEqual(['meddled', 'kept']);
  expect(contentOf(there.tree)).toEqual(contentOf(here.tree));
});

it('does not wait for a locked registry at each change, and remembers no more than it holds', async () => {
  there.failure = new Problem('REG-005', { store: 'memory', reason: 'it is locked' });
  let tries = 0;
  there.meanwhile.failed = () => (tries += 1);
  for (let time = 0; time < 300; time += 1) {
    here.edit([set(ACME, 'a', String(time))]);
    await settled();
  }
  expect(tries).toBe(1);
  expect(passive.waiting).toBeLessThan(100);
  there.failure = null;
  await passive.look(DUE, true);
  expect(contentOf(there.tree)).toEqual(contentOf(here.tree));
  expect(news).toEqual([]);
});

it('a change that comes right after a start is carried out once the registry can be read, whoever else is away', async () => {
  startPassive();
  there.fail();
  here.edit([set(ACME, 'late')]);
  await settled();
  here.edit([{ kind: 'unset', key: ACME, name: 'own' }]);
  await settled();
  there.failure = null;
  await passive.look(DUE, true);
  expect(contentOf(there.tree)).toEqual(contentOf(here.tree));
  expect(passive.states[0]).toMatchObject({ problem: null, outOfSync: 0, verified: 0 });
});

it('a registry that appears late, after a start, loses nothing, and has what changed before it did', async () => {
  const { tree } = there;
  startPassive();
  there.tree = treeOf([]);
  here.edit([set(ACME, 'late'), { kind: 'unset', key: ACME, name: 'own' }]);
  await settled();
  there.tree = tree;
  there.edit([]);
  await passive.look(DUE, true);
  expect(contentOf(there.tree)).toEqual(contentOf(here.tree));
  there.edit([set(ACME, 'n')]);
  await passive.look(DUE, true);
  expect(there.tree.get(ACME)?.values.has('N')).toBe(true);
  expect([news, kept]).toEqual([[], []]);
  await active.state();
  await applied();
  expect(contentOf(there.tree)).toEqual(contentOf(here.tree));
  expect(news.map(({ kind }) => kind)).toEqual(['differed', 'kept']);
});

it('asks once more where it can’t be written down what an operator said', async () => {
  there.edit([set(ACME, 'a', 'precious')]);
  startPassive({ isAdopted: false });
  await active.state();
  await applied();
  adopts = () => {
    throw new FileError({ code: 'ENOSPC', call: 'write', path: '/state' });
  };
  await passive.confirm('file');
  expect(passive.states[0]?.problem?.code).toBe('REG-003');
  adopts = () => {};
  await passive.look(DUE, true);
  expect(passive.states[0]?.problem?.code).toBe('REG-010');
  await passive.confirm('file');
  expect(contentOf(there.tree)).toEqual(contentOf(here.tree));
});

it('says that keys differ while they are made equal, which may take long', async () => {
  there.edit([set(ACME, 'n'), set(`${ACME}\\own`, 'n')]);
  let written: number | undefined;
  there.meanwhile.written = () => (written = passive.states[0]?.outOfSync);
  await passive.look(DUE, true);
  expect([told, written, passive.states[0]?.outOfSync]).toEqual([[2], 2, 0]);
});
