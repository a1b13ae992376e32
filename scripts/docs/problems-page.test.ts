import { expect, it } from 'vitest';
import { compareCodes, problemsPage } from './problems-page.ts';

it('codes go by letters, then by number', () => {
  expect(['N29', 'L20', 'APL-010', 'L9', 'APL-002'].sort(compareCodes)).toEqual([
    'APL-002',
    'APL-010',
    'L9',
    'L20',
    'N29',
  ]);
});

it('within an area no code stands before a lower one', () => {
  const codes = [...problemsPage().matchAll(/^### (.+)$/gm)].map(([, code = '']) => code);
  const byArea = Object.groupBy(codes, (code) => code.replace(/\d+$/, ''));
  for (const area of Object.values(byArea)) expect(area).toEqual([...(area ?? [])].sort(compareCodes));
});
