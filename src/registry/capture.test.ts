import { beforeEach, describe, expect, it } from 'vitest';
import { RegistryCapture } from './capture.ts';
import { contentOf, MemoryStore, set, timersWith, treeOf } from './registry.testing.ts';

const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const PATTERNS = { include: ['HKLM\\Software\\Acme\\**'], exclude: [] };

let store: MemoryStore;
/** What happens while it is waited for. */
let meanwhile: () => void;
let capture: RegistryCapture;

beforeEach(() => {
  [store, meanwhile] = [new MemoryStore(), () => {}];
  capture = new RegistryCapture(
    { name: 'file', store, patterns: PATTERNS },
    timersWith(() => meanwhile()),
  );
});

async function stated(): Promise<string[] | null> {
  const { whole } = await capture.statement(true);
  return whole.isRead ? contentOf(treeOf(whole.edits)) : null;
}

describe('a registry that is written bit by bit', () => {
  beforeEach(() => {
    store.isWrittenInPlace = true;
    store.edit([set(ACME, 'a')]);
  });

  it('is stated once it stands still', async () => {
    const later = [set(ACME, 'b'), set(ACME, 'c')];
    meanwhile = () => {
      const next = later.shift();
      if (next !== undefined) store.edit([next]);
    };
    expect((await stated())?.slice(3).map((line) => line.slice(0, 5))).toEqual(['  "A"', '  "B"', '  "C"']);
    expect(capture.state).toMatchObject({ problem: null, isSettled: true });
  });

  it('is not stated while it never stands still, and then as it was told last', async () => {
    let times = 0;
    meanwhile = () => store.edit([set(ACME, 'a', `at ${(times += 1)}`)]);
    expect(await stated()).toBeNull();
    expect(capture.state.problem?.code).toBe('REG-005');
    meanwhile = () => {};
    const before = await stated();
    expect(before).not.toBeNull();
    store.edit([{ kind: 'deleteKey', key: ACME }]);
    meanwhile = () => store.edit([]);
    expect(await stated()).toEqual(before);
    expect(capture.state).toMatchObject({ problem: null, isSettled: false });
  });

  it('is replicated where it is written again at each look, and stands still in between', async () => {
    await stated();
    let told = 0;
    for (let look = 0; look < 50; look += 1) {
      store.edit([set(ACME, 'a', `at ${look}`)]);
      told += (await capture.changes())?.edits.length ?? 0;
      expect(capture.state.problem).toBeNull();
    }
    // After the first looks, in which it may be written bit by bit, each of them.
    expect(told).toBe(47);
  });

  it('is not taken for what it is half way, where somebody begins to write it while it is read', async () => {
    const rest = set(`${ACME}\\sub`, 'b');
    const halfWritten = (): void => store.edit([{ kind: 'deleteKey', key: `${ACME}\\sub` }]);
    store.edit([rest]);
    await stated();
    store.edit([set(ACME, 'a', 'new')]);
    expect(await capture.changes()).toBeNull();
    store.meanwhile.read = halfWritten;
    expect(await capture.changes()).toBeNull();
    store.edit([rest]);
    expect(await capture.changes()).toBeNull();
    expect((await capture.changes())?.edits).toEqual([set(ACME, 'a', 'new')]);
    store.meanwhile.read = halfWritten;
    const remaining = [rest];
    meanwhile = () => store.edit(remaining.splice(0));
    expect((await stated())?.some((line) => line.includes('SUB'))).toBe(true);
  });

  it('is told where changes are never found at rest, until they are', async () => {
    await stated();
    let writes = 0;
    meanwhile = () => store.edit([set(ACME, 'b', `at ${(writes += 1)}`)]);
    for (let look = 0; look < 25; look += 1) {
      store.edit([set(ACME, 'a', `at ${look}`)]);
      expect(await capture.changes()).toBeNull();
      expect(capture.state.problem?.code).toBe(look < 19 ? undefined : 'REG-005');
    }
    meanwhile = () => {};
    expect((await capture.changes())?.edits).toHaveLength(2);
    expect(capture.state).toMatchObject({ problem: null, isSettled: true });
  });
});
