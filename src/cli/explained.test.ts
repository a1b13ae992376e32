import { expect, it } from 'vitest';
import { explained } from './explained.ts';

it.each([
  ['CHN-003', 'what', 'The other server cannot be reached on any route.'],
  ['CHN-003', 'why', 'It is down, its daemon does not run, or a firewall or wrong address is in the way.'],
  ['cap-002', 'what', '<path> cannot be read. It is not protected.'],
  ['[CFG-002]', 'what', '<file>:<line>: <key>: <reason>.'],
  ['CFG-002', 'resolution', 'Correct line <line>.'],
  ['DMN-006', 'resolution', 'See protect.files in pair.yaml.'],
] as const)('%s in general (%s) reads as a sentence', (code, part, text) => {
  expect(explained(code)?.[part]).toBe(text);
});

it('knows no other codes', () => {
  expect(explained('XYZ-1')).toBeNull();
});
