import { beforeEach, describe, expect, it } from 'vitest';
import { ActiveRegistry } from './active-registry.ts';
import { PassiveRegistry } from './passive-registry.ts';
import { MemoryStore, set, timersWith } from './registry.testing.ts';

const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const PATTERNS = { include: ['HKLM\\Software\\**'], exclude: [] };
const NAMES = ['file', 'other'] as const;

let here: Record<(typeof NAMES)[number], MemoryStore>;
let there: Record<(typeof NAMES)[number], MemoryStore>;
let batches: Buffer[];
let active: ActiveRegistry;

beforeEach(() => {
  here = { file: new MemoryStore(), other: new MemoryStore() };
  there = { file: new MemoryStore(), other: new MemoryStore() };
  batches = [];
  active = new ActiveRegistry({
    run: 1,
    timers: timersWith(() => {}),
    stores: NAMES.map((name) => ({ name, store: here[name], patterns: PATTERNS })),
    emit: ({ bytes }) => batches.push(bytes),
  });
});

function startPassive(isAdopted: boolean): PassiveRegistry {
  const doors = { adopt: () => {}, keep: () => '', news: () => {}, differs: () => {} };
  const shared = { ...doors, patterns: PATTERNS, orphans: 'quarantine', isAdopted } as const;
  return new PassiveRegistry(NAMES.map((name) => ({ ...shared, name, store: there[name] })));
}

async function applied(passive: PassiveRegistry): Promise<void> {
  for (const bytes of batches.splice(0)) await passive.apply(bytes, () => {});
}

describe('a passive server with two registries', () => {
  it('shows keys of one that are Out of sync where the other has to be decided about', async () => {
    const passive = startPassive(false);
    there.other.refuses = () => true;
    there.file.edit([set(ACME, 'a', 'precious')]);
    for (const name of NAMES) here[name].edit([set(ACME, 'a')]);
    await active.state();
    await applied(passive);
    expect(passive.states.map(({ problem }) => problem?.code)).toEqual(['REG-010', undefined]);
    expect(passive.toldMarks.map(({ item }) => item)).toContain('other:HKLM\\Software\\Acme');
    expect(passive.toldMarks.some(({ item }) => item.startsWith('file:'))).toBe(false);
  });

  it('that missed a batch of one says so, also where the next states the other alone', async () => {
    const passive = startPassive(true);
    here.file.fail();
    await active.state();
    await applied(passive);
    here.other.edit([set(ACME, 'lost')]);
    await active.look(new Set(['other']));
    batches.pop();
    here.file.failure = null;
    await active.look(new Set(['file']));
    await applied(passive);
    expect(passive.states.map(({ verified }) => verified > 0)).toEqual([true, false]);
  });
});
