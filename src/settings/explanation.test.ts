import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isProblem } from '../problems/problem.ts';
import { examplePairFile, exampleServerFile } from './example-file.ts';
import { explainSetting, listSettings } from './explanation.ts';
import { editDistance, nearestKey } from './nearest-key.ts';
import { parsePairSettings } from './pair-settings.ts';
import { parseServerSettings } from './server-settings.ts';

describe('the explanation of a setting', () => {
  it('says type, bounds, unit and default', () => {
    expect(explainSetting('channel.waitMs')).toEqual({
      file: 'pair.yaml',
      key: 'channel.waitMs',
      text: expect.stringContaining('drop of the channel'),
      type: 'a whole number from 0 to 60000',
      unit: 'ms',
      min: 0,
      max: 60_000,
      allowed: [],
      defaultText: '5000',
      presets: null,
    });
    expect(explainSetting('channel.heartbeatMs')).toMatchObject({
      defaultText: 'by preset: lan 500, default 1000, cloud 5000',
    });
    expect(explainSetting('queues.sizeBytesMax')).toMatchObject({ unit: 'bytes', defaultText: 'null' });
    expect(explainSetting('identity')).toMatchObject({ allowed: ['primary', 'secondary'], defaultText: null });
  });

  it.each([
    ['chanel.waitMs', 'Did you mean channel.waitMs?'],
    ['channel.waitms', 'Did you mean channel.waitMs?'],
    ['waitMs', 'Did you mean channel.waitMs?'],
    ['log', 'It is a group of log.level.'],
    ['nothing like it at all', 'No setting is named like that.'],
  ])('of the unknown key %s says what is nearest', (key, hint) => {
    const told = explainSetting(key);
    expect(isProblem(told, 'CFG-005') && told.parameters).toEqual({ key, hint });
  });

  it('is there for every setting, with a sentence, and the unit in the name', () => {
    expect(listSettings().length).toBeGreaterThan(30);
    for (const one of listSettings()) {
      expect(one.text, one.key).toMatch(/^[A-Z].*\.$/);
      if (one.unit === 'ms') expect(one.key).toMatch(/Ms(Min|Max)?$/);
      if (one.unit === 'bytes') expect(one.key).toMatch(/Bytes(Min|Max)$/);
    }
    const keys = listSettings().map((one) => one.key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('the files that init writes', () => {
  it('server.yaml says everything, and means what was given', () => {
    const values = {
      identity: 'secondary',
      stateDirectory: '/trial/b/state',
      base: '/trial/b',
      channel: { listen: ['127.0.0.1:7002', '[::1]:7002'], peers: ['127.0.0.1:7001'] },
      api: { listen: null },
    } as const;
    const text = exampleServerFile({
      ...values,
      channel: { listen: [...values.channel.listen], peers: [...values.channel.peers] },
    });
    for (const one of listSettings('server.yaml')) expect(text).toContain(`${one.key.split('.').at(-1)}:`);
    expect(parseServerSettings(text, 'server.yaml')).toEqual(
      parseServerSettings(JSON.stringify(values), 'server.yaml'),
    );
    expect(parseServerSettings(text, 'server.yaml').kind).toBe('settings');
  });

  it('pair.yaml says everything, and means what was given', () => {
    const text = examplePairFile({ pair: 'shop', channel: { waitMs: 7000 } });
    const parsed = parsePairSettings(text, 'pair.yaml');
    expect(parsed).toMatchObject({ kind: 'settings', settings: { pair: 'shop', channel: { waitMs: 7000 } } });
    expect(text).toMatchSnapshot();
  });

  it('hold defaults that mean the same when their comment signs are taken away', () => {
    const names = listSettings().map((one) => one.key.split('.').at(-1));
    const commented = new RegExp(`^( *)# ((${names.join('|')}):.*)$`, 'gm');
    const uncomment = (text: string): string => text.replace(commented, '$1$2');
    const server = exampleServerFile({ identity: 'primary', stateDirectory: '/state' });
    expect(uncomment(server)).not.toBe(server);
    expect(parseServerSettings(uncomment(server), 'f')).toEqual(parseServerSettings(server, 'f'));
    const pair = examplePairFile({ pair: 'shop', preset: 'cloud' });
    expect(uncomment(pair)).not.toBe(pair);
    expect(parsePairSettings(uncomment(pair), 'f')).toEqual(parsePairSettings(pair, 'f'));
  });

  it('keep any path as it is', () => {
    const part = fc
      .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
      .filter((s) => !/[/*\0]/.test(s) && !/^\.\.?$/.test(s));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const include = [`/srv/${parts.join('/')}/**`];
        const text = examplePairFile({ pair: 'shop', protect: { files: { include } } });
        const parsed = parsePairSettings(text, 'pair.yaml');
        expect(parsed.kind === 'settings' && parsed.settings.protect.files.include).toEqual(include);
      }),
    );
  });
});

describe('the nearest key', () => {
  it('counts a swap as one', () => {
    expect(editDistance('wiatMs', 'waitMs')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });

  it('is none where nothing is near', () => {
    expect(nearestKey('zzzzzzzz', ['channel.waitMs', 'log.level'])).toBeNull();
  });
});
