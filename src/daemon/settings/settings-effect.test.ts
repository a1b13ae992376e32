import { expect, it } from 'vitest';
import { parsePairSettings } from '../../settings/pair-settings.ts';
import type { PairSettings } from '../../settings/settings.ts';
import { settingsEffect } from './settings-effect.ts';

const BEFORE =
  'pair: trial\nactive: primary\nprotect: { files: { include: [ "/srv/a/**" ], exclude: [ "/srv/a/x" ] } }\n';

function settings(text: string): PairSettings {
  const parsed = parsePairSettings(text, 'pair.yaml');
  if (parsed.kind !== 'settings') throw new Error(parsed.problems.map(({ message }) => message).join());
  return parsed.settings;
}

function effectOf(change: (text: string) => string): string {
  return settingsEffect(settings(BEFORE), settings(change(BEFORE)), true);
}

it('a change of what is protected is one of filters', () => {
  expect(effectOf((text) => text.replace('"/srv/a/x"', ''))).toBe('filters');
  expect(effectOf((text) => text.replace('"/srv/a/x"', '"/srv/a/x", "/srv/a/**/*.tmp"'))).toBe('filters');
});

it.each([
  ['intercept', false, 'restart'],
  ['auto', true, 'restart'],
  ['auto', false, 'filters'],
  ['watch', true, 'filters'],
] as const)(
  'another protected folder, with capture: %s and mounts possible: %s, is one of %s',
  (capture, can, effect) => {
    const before = `${BEFORE}capture: ${capture}\n`;
    for (const include of ['"/srv/a/**", "/srv/b/**"', '"/srv/ab/**"', '']) {
      const changed = before.replace('"/srv/a/**"', include);
      expect(settingsEffect(settings(before), settings(changed), can)).toBe(effect);
    }
  },
);

it('a protected folder within another one needs a start', () => {
  expect(effectOf((text) => text.replace('"/srv/a/**"', '"/srv/**"'))).toBe('restart');
  expect(effectOf((text) => text.replace('"/srv/a/**"', '"/srv/a/deep/**"'))).toBe('restart');
});

it('what the stream has no part in changes nothing there, and all else needs a start', () => {
  expect(effectOf((text) => `${text}check: { schedule: "03:00" }\n`)).toBe('none');
  expect(effectOf((text) => `${text}channel: { waitMs: 100 }\n`)).toBe('none');
  expect(effectOf((text) => `${text}replication: { mode: synchronous, onPeerLoss: hold }\n`)).toBe('none');
  expect(effectOf((text) => `${text}orphans: delete\n`)).toBe('restart');
  expect(effectOf((text) => `${text}check: { onStart: fast }\n`)).toBe('restart');
});
