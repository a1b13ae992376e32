import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeSettings, markOf, type SettingsMark } from './pair-settings-sync.ts';

const NONE: SettingsMark = { version: 0, digest: '', agreedVersion: 0, agreedDigest: '' };
const mark = (digest: string, agreedDigest: string): SettingsMark => ({
  version: 3,
  digest,
  agreedVersion: agreedDigest === '' ? 0 : 2,
  agreedDigest,
});

describe('two servers that meet', () => {
  it.each([
    ['agree where both hold the same text', 'a', 'a', 'agreed', 'agreed'],
    ['take the text of the active server where it alone was edited', 'b', 'a', 'send', 'wait'],
    [
      'keep to the active server where the passive one alone was edited',
      'a',
      'b',
      'editedOnPassive',
      'editedOnPassive',
    ],
    ['let nobody win where both were edited', 'b', 'c', 'conflict', 'conflict'],
  ])('%s', (_promise, active, passive, atActive, atPassive) => {
    const [a, p] = [mark(active, 'a'), mark(passive, 'a')];
    expect(judgeSettings('active', a, p).kind).toBe(atActive);
    expect(judgeSettings('passive', p, a).kind).toBe(atPassive);
  });

  it('take the text of the active server where they never agreed', () => {
    expect(judgeSettings('active', mark('a', ''), mark('b', '')).kind).toBe('send');
    expect(judgeSettings('passive', mark('b', ''), mark('a', '')).kind).toBe('wait');
  });

  it('take the text of the active server where one of them has forgotten what was agreed', () => {
    expect(judgeSettings('active', mark('a', 'a'), mark('b', '')).kind).toBe('send');
    expect(judgeSettings('passive', mark('b', ''), mark('a', 'a')).kind).toBe('wait');
  });

  it('come to matching verdicts, whatever they know', () => {
    const marks = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('', 'a', 'b')).map(([d, a]) => mark(d, a));
    fc.assert(
      fc.property(marks, marks, (active, passive) => {
        const verdicts = [
          judgeSettings('active', active, passive).kind,
          judgeSettings('passive', passive, active).kind,
        ];
        const expected = verdicts[0] === 'send' ? ['send', 'wait'] : [verdicts[0], verdicts[0]];
        expect(verdicts).toEqual(expected);
      }),
    );
  });
});

describe('the version of the settings', () => {
  it('rises when the text changed, and only then', () => {
    const first = markOf(NONE, 'a');
    expect(first.version).toBe(1);
    expect(markOf(first, 'a')).toBe(first);
    expect(markOf(first, 'b')).toMatchObject({ version: 2, digest: 'b' });
  });

  it('leaves alone what was agreed', () => {
    expect(markOf(mark('a', 'a'), 'b')).toMatchObject({ agreedVersion: 2, agreedDigest: 'a' });
  });
});
