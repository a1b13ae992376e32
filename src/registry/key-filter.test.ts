import { expect, it } from 'vitest';
import { KeyFilter } from './key-filter.ts';
import { fold, keyPath, shownKey } from './key-path.ts';

const HKLM = 'HKEY_LOCAL_MACHINE';

it('patterns name keys as people would read them, without regard to case', () => {
  const filter = new KeyFilter({
    include: ['HKLM\\Software\\Acme\\**', 'HKLM\\Software\\*\\Run', 'HKCU\\Exact'],
    exclude: ['HKLM\\software\\acme\\cache', 'HKLM\\Software\\**\\Temp\\**'],
  });
  const covers = (path: string): boolean => filter.covers(path);
  expect(
    ['\\Software\\Acme', '\\SOFTWARE\\acme\\a\\b', '\\Software\\Other\\Run'].map((one) => covers(HKLM + one)),
  ).toEqual([true, true, true]);
  const left = [
    '',
    '\\Software',
    '\\Software\\Acme2',
    '\\Software\\Acme\\Cache\\x',
    '\\Software\\Acme\\d\\Temp',
    '\\Software\\a\\b\\Run',
  ];
  expect(left.map((one) => covers(HKLM + one))).toEqual(left.map(() => false));
  expect(covers('HKEY_CURRENT_USER\\Exact')).toBe(true);
  expect(covers('HKEY_CURRENT_USER\\Exact\\Below')).toBe(false);
  expect(filter.anchors).toEqual(['HKEY_CURRENT_USER\\Exact', `${HKLM}\\Software`]);
});

it('characters that mean something in regular expressions mean themselves', () => {
  const filter = new KeyFilter({ include: ['HKLM\\a.b+(c)[d]$^|{e}?\\*x'], exclude: [] });
  expect(filter.covers(`${HKLM}\\A.B+(C)[D]$^|{E}?\\yx`)).toBe(true);
  expect(filter.covers(`${HKLM}\\aXb+(c)[d]$^|{e}?\\yx`)).toBe(false);
});

it('a key is shown by its hive’s short name, and named by either', () => {
  expect(keyPath('hklm\\Software')).toEqual({ path: `${HKLM}\\Software` });
  expect(shownKey(`${HKLM}\\Software`)).toBe('HKLM\\Software');
  expect(fold('Straße\ud83d\ude00é')).toBe('STRAßE\ud83d\ude00É');
});
