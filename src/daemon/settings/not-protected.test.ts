import { expect, it } from 'vitest';
import { describe as tell, type Problem } from '../../problems/problem.ts';
import { expectCovered } from './not-protected.ts';

it.each([
  ['/', '/elsewhere', 'See protect.files in pair.yaml.'],
  [
    '/trial/a',
    '/trial/a/srv/x',
    'Paths are relative to the base of this server, /trial/a. Perhaps /srv/x is meant. See protect.files in pair.yaml.',
  ],
  ['/trial/a', '/trial/ab', 'Paths are relative to the base of this server, /trial/a. See protect.files in pair.yaml.'],
])('with the base %s, %s is refused with what helps', (base, path, resolution) => {
  const server = { base };
  expectCovered(path, { pairFile: { covers: () => true }, server });
  let told: Problem | null = null;
  try {
    expectCovered(path, { pairFile: { covers: () => false }, server });
  } catch (error) {
    told = error as Problem;
  }
  expect(told?.code).toBe('DMN-006');
  expect(told === null ? null : tell(told).resolution).toBe(resolution);
});
