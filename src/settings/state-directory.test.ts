import { expect, it } from 'vitest';
import { parseServerSettings } from './server-settings.ts';
import { stateDirectoryIn } from './state-directory.ts';
import { parseYaml } from './yaml-text.ts';

it.each([
  'identity: primary',
  'identity: primary\nstateDirectory: /srv/state',
  'identity: secondary\nstateDirectory: "/a b"',
])('is as the settings have it: %s', (text) => {
  const parsed = parseServerSettings(text, 'server.yaml');
  expect(parsed.kind === 'settings' && parsed.settings.stateDirectory).toBe(stateDirectoryIn(parseYaml(text)));
});

it.each(['', 'identity', 'stateDirectory: [', 'stateDirectory: state', 'stateDirectory: 7', 'stateDirectory:\n  a: b'])(
  'is not told by %j',
  (text) => {
    expect(stateDirectoryIn(parseYaml(text))).toBeNull();
  },
);
