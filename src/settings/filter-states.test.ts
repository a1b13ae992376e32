import { describe, expect, it } from 'vitest';
import { filterStates } from './filter-states.ts';
import { containsPattern } from './path-pattern.ts';

function states(include: string[], exclude: string[] = []): string[] {
  return filterStates({ include, exclude, refused: [] }).map(({ pattern, state }) => `${pattern}: ${state}`);
}

describe('the state of a filter', () => {
  it('is Effective where it does what it says', () => {
    expect(states(['/srv/a/**', '/srv/b/**'], ['/srv/a/tmp/**'])).toEqual([
      '/srv/a/**: Effective',
      '/srv/b/**: Effective',
      '/srv/a/tmp/**: Effective',
    ]);
  });

  it('is Subset where another one names all of it; of two equal ones the second', () => {
    expect(states(['/srv/a/db/**', '/srv/**', '/srv/*.log', '/srv/**'])).toEqual([
      '/srv/a/db/**: Subset',
      '/srv/**: Effective',
      '/srv/*.log: Subset',
      '/srv/**: Subset',
    ]);
    expect(states(['/srv/**'], ['/srv/a', '/srv/a/b/**'])[2]).toBe('/srv/a/b/**: Subset');
  });

  it('is Not Effective where it is excluded, excludes nothing, or is refused', () => {
    expect(states(['/srv/a/**', '/opt/**'], ['/srv/**', '/var/x'])).toEqual([
      '/srv/a/**: Not Effective',
      '/opt/**: Effective',
      '/srv/**: Effective',
      '/var/x: Not Effective',
    ]);
    const refused = [{ pattern: '/proc/**', reason: 'would protect /proc' }];
    expect(filterStates({ include: [], exclude: [], refused })).toEqual([
      { kind: 'include', pattern: '/proc/**', state: 'Not Effective', detail: 'it would protect /proc' },
    ]);
  });
});

describe('a pattern contains another', () => {
  it.each([
    ['/srv/**', '/srv/a/b', true],
    ['/srv/**', '/srv', true],
    ['/srv/**', '/srv/*/x/**', true],
    ['/srv/*', '/srv/**', false],
    ['/srv/*', '/srv/a/b', false],
    ['/srv/*', '/srv/*.log', true],
    ['/srv/*.log', '/srv/a.log', true],
    ['/srv/*.log', '/srv/*', false],
    ['/srv/a?', '/srv/ab', true],
    ['/srv/a?', '/srv/a*', false],
    ['/srv/**/x', '/srv/a/b/x', true],
    ['/srv/**/x', '/srv/**/y/x', true],
    ['/srv/**/x/**', '/srv/x', true],
    ['/srv', '/srv/**', false],
  ])('%s: %s (%s)', (outer, inner, expected) => {
    expect(containsPattern(outer, inner)).toBe(expected);
  });

  it('however many wildcards there are', () => {
    expect(containsPattern(`/${'*a'.repeat(500)}/**`, `/${'a'.repeat(1000)}b/x`)).toBe(false);
    expect(containsPattern('/**'.repeat(200), '/a'.repeat(1000))).toBe(true);
  });
});
