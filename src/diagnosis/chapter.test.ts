import { expect, it } from 'vitest';
import { CHANNEL_PROBLEMS } from '../problems/channel.ts';
import { WAY_PROBLEMS } from '../problems/way.ts';
import { CHAPTER, sectionOf } from './chapter.ts';

it('names no problem twice in a section', () => {
  for (const { codes } of CHAPTER) expect(new Set(codes).size).toBe(codes.length);
});

it('has every problem of the channel', () => {
  for (const code of Object.keys({ ...CHANNEL_PROBLEMS, ...WAY_PROBLEMS }))
    expect(sectionOf(code), code).not.toBeNull();
});

it('has no place for what a command was given wrong', () => {
  expect(sectionOf('CLI-017')).toBeNull();
});
