import { expect, it } from 'vitest';
import { sharedKeys } from './shared-keys.ts';

function shared(own: string[], other: string[], exclude: string[][] = [[], []], provider: 'file' | 'wine' = 'file') {
  const [ownExclude = [], otherExclude = []] = exclude;
  const found = sharedKeys(
    { provider, include: own, exclude: ownExclude },
    { provider, include: other, exclude: otherExclude },
  );
  return found === null ? null : `${found.own} ${found.other}`;
}

it.each<[string[], string[], string | null]>([
  [['HKLM\\A\\**'], ['HKLM\\B\\**'], null],
  [['HKLM\\A\\**'], ['hklm\\a'], 'HKLM\\A\\** hklm\\a'],
  [['HKLM\\B', 'HKLM\\A\\b'], ['HKLM\\A\\**'], 'HKLM\\A\\b HKLM\\A\\**'],
  [['HKLM\\A\\*\\x'], ['HKLM\\A\\b\\y'], null],
  [['HKLM\\A\\*\\x'], ['HKLM\\A\\b\\x'], 'HKLM\\A\\*\\x HKLM\\A\\b\\x'],
  [['HKLM\\A\\a*'], ['HKLM\\A\\*b'], 'HKLM\\A\\a* HKLM\\A\\*b'],
  [['HKLM\\A\\a*c'], ['HKLM\\A\\b*c'], null],
  [['HKLM\\**\\x'], ['HKLM\\A\\**\\y'], null],
  [['HKLM\\**\\x'], ['HKLM\\A\\**'], 'HKLM\\**\\x HKLM\\A\\**'],
])('two registries in one place have keys in common: %j and %j (%s)', (own, other, expected) => {
  expect(shared(own, other)).toBe(expected);
  expect(shared(other, own)?.split(' ').toReversed().join(' ') ?? null).toBe(expected);
});

it('have none in common that one of them leaves out', () => {
  const [own, other] = [['HKLM\\A\\**'], ['HKLM\\A\\b\\**']];
  expect(shared(own, other)).not.toBeNull();
  expect(shared(own, other, [['HKLM\\A\\b'], []])).toBeNull();
  expect(shared(own, other, [['HKLM\\A\\b\\c'], []])).not.toBeNull();
});

it('have those in common that a hive of Wine has by another name', () => {
  const [own, other] = [['HKCR\\.txt'], ['HKLM\\Software\\**']];
  expect([shared(own, other), shared(own, other, [[], []], 'wine')]).toEqual([null, 'HKCR\\.txt HKLM\\Software\\**']);
  const [user, all] = [['HKCU\\Software\\A\\**'], ['HKU\\S-1-5-21-0-0-0-1000\\Software\\**']];
  expect([shared(user, all), shared(user, all, [[], []], 'wine')]).toEqual([null, `${user[0]} ${all[0]}`]);
  expect(shared(user, all, [[], ['HKCU\\Software\\A']], 'wine')).toBeNull();
  expect(shared(user, ['HKU\\.Default\\**'], [[], []], 'wine')).toBeNull();
});
