import type { FilterStatus, Finding } from '../../api/status.ts';
import { folderOf } from '../../settings/path-pattern.ts';

/** Findings about a protected folder, or a registry, that make what is included from it unprotected. */
const UNPROTECTED: readonly string[] = ['CAP-001', 'CAP-012', 'APL-021', 'REG-001', 'REG-006', 'REG-017'];

/** What the patterns alone say, and what is known of the folders they lead to. Pure. */
export function filtersNow(filters: readonly FilterStatus[], findings: readonly Finding[]): FilterStatus[] {
  const told = findings.filter(({ code, item }) => UNPROTECTED.includes(code) && item !== null);
  if (told.length === 0) return [...filters];
  return filters.map((filter) => {
    const finding = told.find(({ item }) => filter.kind === 'include' && item === placeOf(filter.pattern));
    return finding === undefined
      ? filter
      : { ...filter, state: 'Not Effective', detail: `[${finding.code}] ${finding.cause}` };
  });
}

/** A registry's name stands before its patterns. */
function placeOf(pattern: string): string {
  return pattern.startsWith('/') ? folderOf(pattern) : (pattern.split(':', 1)[0] ?? '');
}
