import { expect, it } from 'vitest';
import { LAYOUT_VERSION } from '../../intercept/kept-memory.ts';
import type { HeldThing } from '../../keeper/protocol.ts';
import { type MountFacts, mountName, RECORDS } from './held-facts.ts';
import { sortLeft } from './left-behind.ts';

const MOUNT: MountFacts = {
  layout: LAYOUT_VERSION,
  kind: 'mount',
  path: '/data',
  realPath: '/base/data',
  mountPoint: '/base/data',
  mount: 3,
  id: '77',
  minor: 45,
  threads: 2,
  doubts: [],
};
const RECORDS_THING: HeldThing = { name: RECORDS, facts: { layout: LAYOUT_VERSION }, descriptors: [9, 10] };
const MOUNT_THING: HeldThing = { name: mountName(3), facts: MOUNT, descriptors: [1, 2, 3, 4] };

it('what a daemon left is told apart by what it says of it', () => {
  const facts = { layout: LAYOUT_VERSION, kind: 'file', mount: 3, low: 5, high: 6 };
  const file = { name: 'file 3 5 6', facts, descriptors: [8] };
  const strange = { name: 'x', facts: { layout: LAYOUT_VERSION, kind: 'mount' }, descriptors: [7] };
  expect(sortLeft([MOUNT_THING, strange, RECORDS_THING, file])).toEqual({
    records: RECORDS_THING,
    mounts: [{ facts: MOUNT, thing: MOUNT_THING }],
    files: [{ facts, thing: file }],
    useless: [strange],
  });
});

it('mounts without their records are of no use, nor the other way round', () => {
  for (const things of [[MOUNT_THING], [RECORDS_THING], []]) {
    expect(sortLeft(things)).toEqual({ records: null, mounts: [], files: [], useless: things });
  }
});

it('what another version left is not touched [CAP-046]', () => {
  for (const facts of [{ ...MOUNT, layout: LAYOUT_VERSION + 1 }, { ...MOUNT, layout: 'x' }, null]) {
    expect(() => sortLeft([RECORDS_THING, { ...MOUNT_THING, facts }])).toThrow(/is of version/);
  }
});
