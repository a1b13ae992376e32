import { expect, it } from 'vitest';
import { describe as tell } from '../../problems/problem.ts';
import { lostTrack } from './lost-track.ts';

it.each([
  ['overflow', 'CAP-004', 'The kernel dropped change notices'],
  ['folder', 'CAP-011', 'A protected folder is there again'],
  ['unsettled', 'CAP-008', 'could not be settled'],
] as const)('track that was lost (%s) is told by its own cause', (reason, code, words) => {
  expect(lostTrack(reason).code).toBe(code);
  expect(tell(lostTrack(reason)).message).toContain(words);
});
