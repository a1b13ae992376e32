import { fixedPart, matchesComponent } from '../../settings/path-pattern.ts';
import type { FilterStatus } from '../../api/status.ts';
import type { TextFiles } from '../../kernel/terminal.ts';

/**
 * Where it shows that a pattern matches nothing that is there now, the filter says so; its state stays, for it does what it
 * says as soon as something comes. Only on the active server: what is excluded is never on the passive one.
 * @param base - stands before each protected path on this server.
 */
export async function withPlaces(
  filters: readonly FilterStatus[],
  { files, base }: { readonly files: Pick<TextFiles, 'exists' | 'names'>; readonly base: string },
): Promise<FilterStatus[]> {
  return await Promise.all(
    filters.map(async (filter) => {
      // Of a registry only the daemon knows what is in it.
      if (filter.state === 'Not Effective' || !filter.pattern.startsWith('/')) return filter;
      const missing = await missingPlace(filter.pattern, { files, base: base === '/' ? '' : base });
      return missing === null
        ? filter
        : { ...filter, detail: `it matches nothing now: ${missing}; otherwise ${filter.detail}` };
    }),
  );
}

async function missingPlace(
  pattern: string,
  { files, base }: { readonly files: Pick<TextFiles, 'exists' | 'names'>; readonly base: string },
): Promise<string | null> {
  const fixed = fixedPart(pattern);
  if (fixed !== '/' && !(await files.exists(base + fixed))) return `there is no ${fixed}`;
  const [next] = pattern.slice(fixed === '/' ? 1 : fixed.length + 1).split('/');
  if (next === undefined || next === '' || next === '**') return null;
  const names = await files.names(fixed === '/' && base === '' ? '/' : base + fixed);
  return names.some((name) => matchesComponent(next, name)) ? null : `nothing in ${fixed} is called ${next}`;
}
