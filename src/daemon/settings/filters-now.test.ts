import { expect, it } from 'vitest';
import type { FilterStatus, Finding } from '../../api/status.ts';
import { filtersNow } from './filters-now.ts';

const FINDING: Finding = {
  id: 'a',
  code: 'CAP-001',
  severity: 'error',
  server: 'primary',
  item: '/srv/a',
  since: '2026-01-01T00:00:00Z',
  cause: 'It cannot be read.',
  evidence: [],
  resolution: '',
  action: null,
  parent: null,
};

function include(pattern: string): FilterStatus {
  return { kind: 'include', pattern, state: 'Effective', detail: '' };
}

it('an include of a folder that is not there is not effective', () => {
  const filters = [include('/srv/a/**'), include('/srv/b/**')];
  expect(filtersNow(filters, [FINDING])).toEqual([
    { ...filters[0], state: 'Not Effective', detail: '[CAP-001] It cannot be read.' },
    filters[1],
  ]);
  expect(filtersNow(filters, [{ ...FINDING, code: 'CHN-003' }])).toEqual(filters);
});

it('nor is one of a registry that is not there', () => {
  const filters = [include('file:HKLM\\Software\\**'), include('samba:HKLM\\Software\\**')];
  const finding = { ...FINDING, code: 'REG-001', item: 'file' };
  expect(filtersNow(filters, [finding]).map(({ state }) => state)).toEqual(['Not Effective', 'Effective']);
});
