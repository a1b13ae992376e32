import { describe, expect, it } from 'vitest';
import { isBack, isElsewhere, isMassLoss } from './mass-loss.ts';

describe('a mass loss', () => {
  it.each([
    [{ before: 100, lost: 51 }, true],
    [{ before: 100, lost: 50 }, false],
    [{ before: 100, lost: 100 }, true],
    [{ before: 49, lost: 49 }, false],
    [{ before: 50, lost: 50 }, true],
    [{ before: 1_000_000, lost: 400_000 }, false],
  ])('of %j: %s', (shrinking, expected) => {
    expect(isMassLoss(shrinking, 50)).toBe(expected);
  });

  it('is none where nobody wants to be asked', () => {
    expect(isMassLoss({ before: 1000, lost: 1000 }, null)).toBe(false);
  });

  it('is over when nine of ten items are there again', () => {
    expect(isBack({ here: 100, there: 90 })).toBe(true);
    expect(isBack({ here: 100, there: 89 })).toBe(false);
    expect(isBack({ here: 0, there: 0 })).toBe(true);
  });
});

describe('a folder is on another file system', () => {
  const before = { fileSystem: 'ef53:01', identity: '2:5.6' };
  it.each([
    ['the same', before, false],
    ['made anew on the same', { fileSystem: 'ef53:01', identity: '9:7.8' }, false],
    ['its file system got another id with its device', { fileSystem: 'ef53:02', identity: '2:5.6' }, false],
    ['both differ', { fileSystem: 'ef53:02', identity: '9:7.8' }, true],
    ['no time of birth any more', { fileSystem: '1021994:02', identity: '' }, true],
    ['nothing is known', { fileSystem: '', identity: '' }, false],
  ])('%s', (_what, now, expected) => {
    expect(isElsewhere(before, now)).toBe(expected);
  });

  it('is not said of what was never known', () => {
    expect(isElsewhere({ fileSystem: '', identity: '' }, before)).toBe(false);
  });
});
