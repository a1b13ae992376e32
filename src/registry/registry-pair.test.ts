import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { Problem } from '../problems/problem.ts';
import { ActiveRegistry } from './active-registry.ts';
import type { CopyNews } from './copy.ts';
import { type BatchOutcome, PassiveRegistry } from './passive-registry.ts';
import { protectedPart } from './reconcile.ts';
import type { RegistryEdit } from './registry-edit.ts';
import { KeyFilter } from './key-filter.ts';
import { anyEdit, contentOf, MemoryStore, set, timersWith, treeOf } from './registry.testing.ts';

const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const PATTERNS = { include: ['HKLM\\Software\\**'], exclude: ['HKLM\\Software\\a b'] };
const DUE = new Set(['file']);

let here: MemoryStore;
let there: MemoryStore;
let news: CopyNews[];
let kept: RegistryEdit[];
let isAdopted: boolean;
let orphans: 'quarantine' | 'log' | 'delete';
let outcomes: BatchOutcome[];
let batches: Buffer[];
let active: ActiveRegistry;
let passive: PassiveRegistry;

beforeEach(() => {
  here = new MemoryStore();
  there = new MemoryStore();
  [news, kept, outcomes, batches] = [[], [], [], []];
  [isAdopted, orphans] = [false, 'quarantine'];
  startBoth();
});

function startBoth(): void {
  active = new ActiveRegistry({
    run: 1,
    timers: timersWith(() => {}),
    stores: [{ name: 'file', store: here, patterns: PATTERNS }],
    emit: ({ bytes }) => batches.push(bytes),
  });
  startPassive();
}

function startPassive(): void {
  passive = new PassiveRegistry([
    {
      name: 'file',
      store: there,
      patterns: PATTERNS,
      orphans,
      isAdopted,
      adopt: () => {
        isAdopted = true;
      },
      keep: (edits) => {
        kept.push(...edits);
        return '/kept.reg';
      },
      news: (one) => news.push(one),
      differs: () => {},
    },
  ]);
}

async function applied(): Promise<void> {
  for (const bytes of batches.splice(0)) outcomes.push(await passive.apply(bytes, () => {}));
}

async function settled(): Promise<void> {
  await active.look(DUE);
  await applied();
}

function expectEqual(): void {
  const filter = new KeyFilter(PATTERNS);
  expect(contentOf(protectedPart(there.tree, filter))).toEqual(contentOf(protectedPart(here.tree, filter)));
}

async function together(): Promise<void> {
  here.edit([set(ACME, 'a'), set(`${ACME}\\sub`, 'b')]);
  await active.state();
  await applied();
  news = [];
}

it('what is stated once more is not read again where nobody touched it, and is where a check is asked for', async () => {
  await together();
  const before = [here.reads, there.reads];
  await active.state();
  await applied();
  expect([here.reads, there.reads]).toEqual(before);
  expect(passive.states[0]?.verified).toBe(active.states[0]?.stated);
  await active.check(7, true);
  await applied();
  expect([here.reads, there.reads]).toEqual(before.map((reads) => reads + 1));
  there.edit([{ kind: 'deleteKey', key: `${ACME}\\sub` }]);
  await active.state();
  await applied();
  expectEqual();
});

describe('what changes on the active server', () => {
  it('arrives, whatever it is, and nothing else is touched', async () => {
    there.edit([set('HKEY_LOCAL_MACHINE\\Software\\a b\\x', 'mine'), set('HKEY_USERS\\x', 'mine')]);
    await active.state();
    await applied();
    for (let seed = 0; seed < 60; seed += 1) {
      const random = seededRandom(seed);
      here.edit(Array.from({ length: 8 }, () => anyEdit(random)));
      await settled();
      expectEqual();
    }
    const [state] = passive.states;
    expect(state).toMatchObject({ outOfSync: 0, problem: null, verified: 1 });
    expect(there.tree.get('HKEY_LOCAL_MACHINE\\Software\\a b\\x')?.values.size).toBe(1);
    expect(there.tree.get('HKEY_USERS\\x')?.values.size).toBe(1);
    expect(news).toEqual([]);
  });

  it('is one batch, and where nothing is protected that changed none', async () => {
    await together();
    here.edit([set(ACME, 'c'), { kind: 'deleteKey', key: `${ACME}\\sub` }]);
    here.edit([set(ACME, 'd')]);
    await active.look(DUE);
    expect(batches).toHaveLength(1);
    const before = there.writes;
    await applied();
    expect(there.writes).toBe(before + 1);
    here.edit([set('HKEY_USERS\\x', 'not protected')]);
    await active.look(DUE);
    expect(batches).toEqual([]);
  });

  it('is not taken for gone where the registry can’t be read', async () => {
    await together();
    here.fail();
    here.edit([{ kind: 'deleteKey', key: ACME }]);
    await settled();
    expect(there.tree.get(ACME)).toBeDefined();
    expect(active.states[0]?.problem?.code).toBe('REG-001');
    here.failure = null;
    await settled();
    expectEqual();
    expect(active.states[0]?.problem).toBeNull();
  });
});

describe('a stray change on the passive server', () => {
  it.each<[string, RegistryEdit, string]>([
    ['a missing key', { kind: 'deleteKey', key: `${ACME}\\sub` }, 'the key is missing'],
    ['a missing value', { kind: 'unset', key: ACME, name: 'a' }, 'the value "a" is missing'],
    [
      'a wrong type',
      { kind: 'set', key: ACME, value: { name: 'a', type: 2, data: Buffer.from('x\0', 'utf16le') } },
      'the value "a" is REG_EXPAND_SZ instead of REG_SZ',
    ],
    ['other data', set(ACME, 'a', 'y'), 'the value "a" has other data'],
    ['a further value', set(ACME, 'n'), 'only the passive server has the value "n"'],
  ])('is named and repaired: %s', async (_what, edit, said) => {
    await together();
    there.edit([edit]);
    await passive.look(DUE, false);
    expectEqual();
    expect(news[0]).toMatchObject({ kind: 'meddled', what: said });
    news = [];
    there.edit([edit]);
    startPassive();
    await active.state();
    await applied();
    expectEqual();
    expect(news[0]).toMatchObject({ kind: 'differed', what: said });
  });

  it('keeps what it made as a .reg file would say it', async () => {
    await together();
    there.edit([set(ACME, 'n', 'wanted')]);
    await passive.look(DUE, false);
    expect(treeOf(kept).get(ACME)?.values.get('N')).toBeDefined();
    expect(news.at(-1)).toEqual({ kind: 'kept', file: '/kept.reg' });
  });

  it.each(['read', 'written'] as const)(
    'is told and kept where it comes while the registry is %s for a change',
    async (when) => {
      await together();
      here.edit([set(ACME, 'late')]);
      there.meanwhile[when] = () => there.edit([set(ACME, 'n', 'precious')]);
      await settled();
      await passive.look(DUE, true);
      expectEqual();
      expect(news).toMatchObject([
        { kind: 'meddled', what: 'only the passive server has the value "n"' },
        { kind: 'kept' },
      ]);
      expect(contentOf(treeOf(kept)).join()).toContain(Buffer.from('precious', 'utf16le').toString('hex'));
    },
  );

  it('is told alone, not what the registry can’t hold beside it', async () => {
    there.refuses = (edit) => edit.kind === 'set' && edit.value.name === 'odd';
    here.edit([set(ACME, 'odd')]);
    await together();
    there.edit([set(ACME, 'n')]);
    await passive.look(DUE, true);
    expect(news.filter(({ kind }) => kind === 'meddled')).toMatchObject([{ what: expect.stringContaining('"n"') }]);
    expect(passive.marks).toMatchObject([{ reason: expect.stringContaining('"odd"') }]);
  });

  it('stays where orphans are only logged, and is told by a check', async () => {
    orphans = 'log';
    startBoth();
    await together();
    there.edit([set(ACME, 'n')]);
    await active.check(9, true);
    await applied();
    expect(outcomes.at(-1)).toMatchObject({ differences: 1, left: 1, refused: 0, isWhole: true });
    expect(there.tree.get(ACME)?.values.has('N')).toBe(true);
    expect(passive.states[0]?.outOfSync).toBe(0);
  });

  it('is told and not repaired by a check that only verifies', async () => {
    await together();
    there.edit([set(ACME, 'n')]);
    await active.check(9, false);
    await applied();
    expect(outcomes.at(-1)).toMatchObject({ differences: 1, batch: { purpose: 'verify', check: 9 } });
    await passive.look(DUE, true);
    expect(passive.marks).toMatchObject([{ item: 'file:HKLM\\Software\\Acme' }]);
    expect([passive.toldMarks, passive.comparedOnly]).toEqual([[], new Map([['file', passive.marks]])]);
    expect(there.tree.get(ACME)?.values.has('N')).toBe(true);
  });

  it('that was only compared is kept once a change takes it away', async () => {
    await together();
    there.edit([set(ACME, 'n', 'precious')]);
    await active.check(9, false);
    await applied();
    here.edit([set(ACME, 'late')]);
    await settled();
    expectEqual();
    expect(contentOf(treeOf(kept)).join()).toContain(Buffer.from('precious', 'utf16le').toString('hex'));
  });
});

it('what a registry of the passive server could not be written is nobody’s doing once it takes it', async () => {
  await together();
  const write = there.write.bind(there);
  there.write = () => Promise.reject(new Problem('REG-002', { right: 'write', item: 'memory', reason: 'no' }));
  here.edit([set(ACME, 'late'), { kind: 'deleteKey', key: `${ACME}\\sub` }]);
  await settled();
  expect(passive.states[0]?.problem?.code).toBe('REG-002');
  there.write = write;
  // Whoever mended it touched it, and did more than that.
  there.edit([set(`${ACME}\\other`, 'n')]);
  await passive.look(DUE, true);
  expectEqual();
  const meddled = news.filter(({ kind }) => kind === 'meddled');
  expect(meddled).toMatchObject([{ what: 'only the passive server has the key' }]);
  expect(JSON.stringify(meddled)).toContain('other');
});

describe('a passive server', () => {
  it('that holds something else waits for a confirmation, and goes on then', async () => {
    there.edit([set(ACME, 'a', 'precious'), set(`${ACME}\\own`, 'n')]);
    await together();
    expect(passive.states[0]?.problem?.code).toBe('REG-010');
    expect(passive.states[0]?.problem?.parameters).toMatchObject({ replaced: 1, orphans: 1 });
    here.edit([set(ACME, 'late')]);
    await settled();
    expect(there.tree.get(`${ACME}\\own`)).toBeDefined();
    await passive.confirm('file');
    expectEqual();
    expect(passive.states[0]).toMatchObject({ problem: null, outOfSync: 0 });
    expect(contentOf(treeOf(kept)).join()).toContain(Buffer.from('precious', 'utf16le').toString('hex'));
  });

  it('that is confirmed before it was told anything changes nothing', async () => {
    there.edit([set(ACME, 'a', 'precious')]);
    await together();
    startPassive();
    await passive.confirm('file');
    expect(there.tree.get(ACME)).toBeDefined();
    await active.state();
    await applied();
    expect(passive.states[0]?.problem?.code).toBe('REG-010');
  });

  it('that was started anew keeps what somebody else did before that, also where it tried a change twice', async () => {
    await together();
    there.edit([set(ACME, 'a', 'precious')]);
    startPassive();
    here.edit([set(ACME, 'late')]);
    there.refuses = () => true;
    await settled();
    there.refuses = () => false;
    await passive.look(DUE, true);
    await active.state();
    await applied();
    expectEqual();
    expect(contentOf(treeOf(kept)).join()).toContain(Buffer.from('precious', 'utf16le').toString('hex'));
  });

  it('that can’t hold a value says which, and goes on with the others', async () => {
    there.refuses = (edit) => edit.kind === 'set' && edit.value.name === 'odd';
    here.edit([set(ACME, 'odd')]);
    await together();
    expect(passive.marks).toMatchObject([{ reason: expect.stringContaining('the value "odd" is missing') }]);
    expect(there.tree.get(ACME)?.values.has('A')).toBe(true);
    there.refuses = () => false;
    await passive.look(DUE, true);
    expect(passive.marks).toEqual([]);
    expectEqual();
  });

  it('whose registry refuses tries again', async () => {
    there.fail();
    await together();
    expect(passive.states[0]).toMatchObject({ problem: { code: 'REG-001' }, verified: 0 });
    there.failure = null;
    await passive.look(DUE, true);
    expect(passive.states[0]?.problem).toBeNull();
    expectEqual();
  });

  it('whose registry can’t be read when a change comes has the change once it can, and says so no earlier', async () => {
    await together();
    there.edit([set(ACME, 'a', 'precious')]);
    there.fail();
    here.edit([set(ACME, 'late'), { kind: 'deleteKey', key: `${ACME}\\sub` }]);
    await settled();
    here.edit([set(ACME, 'later')]);
    await settled();
    expect(passive.states[0]).toMatchObject({ problem: { code: 'REG-001' }, verified: 0 });
    there.failure = null;
    await passive.look(DUE, true);
    expectEqual();
    expect(passive.states[0]).toMatchObject({ problem: null, outOfSync: 0 });
    expect(news.filter(({ kind }) => kind === 'meddled')).toMatchObject([{ what: 'the value "a" has other data' }]);
    expect(contentOf(treeOf(kept)).join()).toContain(Buffer.from('precious', 'utf16le').toString('hex'));
  });

  it('whose registry can’t be read when all is stated once more takes what is new in it for no stray change', async () => {
    await together();
    there.edit([set('HKEY_USERS\\x', 'mine')]);
    there.fail();
    here.edit([set(ACME, 'late')]);
    await active.state();
    await applied();
    there.failure = null;
    await passive.look(DUE, true);
    expectEqual();
    expect(passive.states[0]?.verified).toBeGreaterThan(0);
    expect([news, kept]).toEqual([[], []]);
  });

  it('goes on with changes alone after a start, and is verified by the next statement only', async () => {
    await together();
    here.edit([set(ACME, 'late')]);
    await active.look(DUE);
    startPassive();
    await applied();
    expectEqual();
    expect(passive.states[0]?.verified).toBe(0);
    await active.state();
    await applied();
    expect(passive.states[0]?.verified).toBeGreaterThan(0);
  });

  it('is told of what it missed by a statement, and takes that for no fault', async () => {
    await together();
    here.edit([set(ACME, 'missed'), { kind: 'deleteKey', key: `${ACME}\\sub` }]);
    await active.look(DUE);
    batches = [];
    await active.state();
    await applied();
    expectEqual();
    expect([news, kept]).toEqual([[], []]);
    expect(passive.states[0]?.verified).toBeGreaterThan(0);
  });

  it('that missed a batch says that it is not verified', async () => {
    await together();
    here.edit([set(ACME, 'lost')]);
    await active.look(DUE);
    batches.pop();
    here.edit([set(ACME, 'next')]);
    await settled();
    expect(passive.states[0]?.verified).toBe(0);
  });
});
