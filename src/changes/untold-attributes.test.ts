import { expect, it } from 'vitest';
import type { Attributes, Change } from './change.ts';
import { HOLES_UNTOLD, UNTOLD } from './extended.ts';
import { withNothingUntold } from './untold-attributes.ts';

const STATUS = { mode: 0o644, uid: 1, gid: 2, mtimeSeconds: 3, mtimeNanoseconds: 4 };
const UNREAD: Attributes = { ...STATUS, extended: UNTOLD };

it('attributes that could not be read are told to be none where that can not be said, but for holes', () => {
  const told = { ...STATUS, extended: HOLES_UNTOLD };
  const change = { kind: 'attributes', node: 5, attributes: UNREAD } as Change;
  expect(withNothingUntold(change)).toEqual({ ...change, attributes: told });
  const entry = { name: 'x', attributes: UNREAD };
  const folder = { kind: 'verifyFolder', node: 5, attributes: STATUS, entries: [entry] } as unknown as Change;
  expect(withNothingUntold(folder)).toEqual({ ...folder, entries: [{ ...entry, attributes: told }] });
});

it('everything else stays as it is', () => {
  const changes = [
    { kind: 'attributes', node: 5, attributes: STATUS },
    { kind: 'checkEnd', check: 1, finished: true },
  ] as readonly Change[];
  for (const change of changes) expect(withNothingUntold(change)).toBe(change);
});
