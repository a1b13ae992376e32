import { expect, it } from 'vitest';
import { APPLICATION_PRESETS } from './application-presets.ts';
import { examplePairFile } from './example-file.ts';
import { filledPreset, presetNamed } from './filled-preset.ts';
import { parsePairSettings } from './pair-settings.ts';
import type { PairSettings } from './settings.ts';

const PLACE = {
  folder: '/srv/shop',
  instances: [
    ['15', 'main'],
    ['17', 'shop'],
  ],
};
const HERE = { base: '/', stateDirectory: '/var/lib/understudy', queues: { directory: '/var/lib/understudy/queues' } };

function settingsOf(name: string): PairSettings {
  const preset = presetNamed(name);
  if (preset === null) throw new Error(`no preset ${name}`);
  const { values, warnings } = filledPreset(preset, PLACE);
  const parsed = parsePairSettings(examplePairFile({ pair: 'shop', ...values }, warnings), 'pair.yaml', HERE);
  if (parsed.kind === 'problems') throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  expect(parsed.warnings).toEqual([]);
  return parsed.settings;
}

it.each(APPLICATION_PRESETS.map(({ name }) => name))('%s makes settings with which nothing is wrong', (name) => {
  const settings = settingsOf(name);
  expect(settings.protect.files.include.length).toBeGreaterThan(0);
  expect(settings.protect.files.refused).toEqual([]);
  expect(JSON.stringify(settings)).not.toMatch(/\{(\d|folder)\}/);
});

it('lists a service for each instance, and says what to do where there is none', () => {
  const names = settingsOf('postgresql').protect.services.map(({ name }) => name);
  expect(names).toEqual(['postgresql@15-main.service', 'postgresql@17-shop.service']);
  const commands = settingsOf('postgresql').health.probes.map(({ command }) => command?.at(-1));
  expect(commands).toEqual(['15/main', '17/shop']);
  const preset = presetNamed('postgresql');
  const { values, warnings } = filledPreset(preset ?? never(), { folder: null, instances: [] });
  expect(values.protect.services).toBeUndefined();
  expect(warnings[0]).toContain('no cluster yet');
});

it('puts the folder wherever it is meant, and what is to be known at the head of the file', () => {
  const { files, services } = settingsOf('docker-compose').protect;
  expect(files.include).toEqual(['/srv/shop/**', '/var/lib/docker/volumes/**']);
  expect(services[0]?.commands?.status.at(-1)).toBe('/srv/shop');
  const { warnings } = filledPreset(presetNamed('docker-compose') ?? never(), PLACE);
  const head = examplePairFile({ pair: 'shop' }, warnings).split('\n').slice(1, 3).join(' ');
  expect(head).toMatch(/^# - Set restart: "no" for every service/);
});

function never(): never {
  throw new Error('there is no such preset');
}
