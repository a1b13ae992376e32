import { expect, it } from 'vitest';
import { type OwnerName, ownerDifferences } from './owner-differences.ts';

const user = (id: number, name: string | null): OwnerName => ({ kind: 'user', id, name });
const group = (id: number, name: string | null): OwnerName => ({ kind: 'group', id, name });

it('names what exists on one side only, and what has another name for its number', () => {
  const active = [user(0, 'root'), user(1000, 'alice'), user(1001, 'shop'), user(7, null), group(1000, 'alice')];
  const passive = [user(0, 'root'), user(1000, 'bob'), user(1001, null), user(7, null), group(1000, 'alice')];
  expect(ownerDifferences(active, passive)).toEqual([
    'user 1000 is alice on the active server, bob on the passive one',
    'user 1001 is shop on the active server, no user on the passive one',
  ]);
  expect(ownerDifferences([group(5, null)], [group(5, 'tty')])).toEqual([
    'group 5 is no group on the active server, tty on the passive one',
  ]);
});
