import { beforeEach, expect, it } from 'vitest';
import { Problem } from '../problems/problem.ts';
import { ActiveRegistry } from './active-registry.ts';
import { type BatchOutcome, PassiveRegistry } from './passive-registry.ts';
import { contentOf, MemoryStore, set, timersWith } from './registry.testing.ts';

const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const PATTERNS = { include: ['HKLM\\Software\\**'], exclude: [] };

let here: MemoryStore;
let there: MemoryStore;
let batches: Buffer[];
let active: ActiveRegistry;
let passive: PassiveRegistry;

beforeEach(() => {
  [here, there, batches] = [new MemoryStore(), new MemoryStore(), []];
  active = new ActiveRegistry({
    run: 1,
    timers: timersWith(() => {}),
    stores: [{ name: 'file', store: here, patterns: PATTERNS }],
    emit: ({ bytes }) => batches.push(bytes),
  });
  here.edit([set(ACME, 'a'), set(`${ACME}\\sub`, 'b')]);
});

async function together(orphans: 'quarantine' | 'log' = 'quarantine'): Promise<void> {
  const doors = { adopt: () => {}, keep: () => '/kept.reg', news: () => {}, differs: () => {} };
  passive = new PassiveRegistry([
    { ...doors, name: 'file', store: there, patterns: PATTERNS, orphans, isAdopted: false },
  ]);
  await active.state();
  await applied();
}

async function applied(): Promise<BatchOutcome | null> {
  let outcome: BatchOutcome | null = null;
  for (const bytes of batches.splice(0)) outcome = await passive.apply(bytes, () => {});
  return outcome;
}

/** By a check that repairs nothing. */
async function compared(): Promise<BatchOutcome | null> {
  await active.check(9, false);
  return await applied();
}

it('what stays as the settings ask is told to differ, and is no trouble', async () => {
  await together('log');
  there.edit([set(ACME, 'n')]);
  expect(await compared()).toMatchObject({ differences: 1, left: 1 });
  expect(passive.marks).toEqual([]);
});

it('what an operator has to decide about stays undecided, and is compared all the same', async () => {
  there.edit([set(ACME, 'a', 'precious')]);
  await together();
  expect(passive.states[0]?.problem?.code).toBe('REG-010');
  expect(await compared()).toMatchObject({ differences: 2, isWhole: true });
  expect(passive.states[0]?.problem?.code).toBe('REG-010');
  expect(passive.comparedOnly.size).toBe(0);
  await passive.confirm('file');
  expect(contentOf(there.tree)).toEqual(contentOf(here.tree));
});

it('what a registry refused before is tried again after it, too', async () => {
  await together();
  const write = there.write.bind(there);
  there.write = () => Promise.reject(new Problem('REG-003', { store: 'memory', reason: 'the disk is full' }));
  here.edit([set(ACME, 'late')]);
  await active.look(new Set(['file']));
  await applied();
  await compared();
  expect(passive.marks).toMatchObject([{ reason: expect.stringContaining('the registry did not take it') }]);
  there.write = write;
  await passive.look(new Set(['file']), true);
  expect(contentOf(there.tree)).toEqual(contentOf(here.tree));
  expect(passive.marks).toEqual([]);
});
