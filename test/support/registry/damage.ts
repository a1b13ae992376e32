import type { RegistryEdit } from '../../../src/registry/registry-edit.ts';
import { ACME, text } from './protected-registry.ts';

/** What {@link DAMAGE} is done to. */
export const WHOLE: readonly RegistryEdit[] = [
  { kind: 'set', key: ACME, value: text('a', '1') },
  { kind: 'set', key: ACME, value: text('b', '2') },
  { kind: 'set', key: `${ACME}\\sub`, value: text('c', '3') },
];

/** What somebody does to the passive server's registry; what is said of it. None is in the way of another. */
export const DAMAGE: readonly (readonly [what: string, edits: readonly RegistryEdit[], said: string])[] = [
  ['a missing key', [{ kind: 'deleteKey', key: `${ACME}\\sub` }], 'the key is missing'],
  ['a missing value', [{ kind: 'unset', key: ACME, name: 'a' }], 'the value "a" is missing'],
  [
    'a wrong type',
    [
      { kind: 'unset', key: ACME, name: 'b' },
      { kind: 'set', key: ACME, value: { ...text('b', '2'), type: 2 } },
    ],
    'the value "b" is REG_EXPAND_SZ instead of',
  ],
  [
    'a stray edit',
    [{ kind: 'set', key: ACME, value: text('n', 'stray') }],
    'only the passive server has the value "n"',
  ],
];
