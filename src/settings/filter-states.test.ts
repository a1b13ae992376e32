import { describe, expect, it } from 'vitest';
import { filterStates } from './filter-states.ts';
import { containsPattern } from './path-pattern.ts';

function states(include: string[], exclude: string[] = []): string[] {
  return filterStates({ files: { include, exclude, refused: [] }, registry: [] }).map(
    ({ pattern, state }) => `${pattern}: ${state}`,
  );
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
    expect(filterStates({ files: { include: [], exclude: [], refused }, registry: [] })).toEqual([
      { kind: 'include', pattern: '/proc/**', state: 'Not Effective', detail: 'it would protect /proc' },
    ]);
  });
});

describe('the state of a filter over keys', () => {
  function keyStates(include: string[], exclude: string[] = []): string[] {
    const store = { name: 'file', provider: 'file', path: '/x.reg', pollMs: 250 } as const;
    const files = { include: ['/srv/**'], exclude: [], refused: [] };
    const [, ...told] = filterStates({ files, registry: [{ ...store, include, exclude }] });
    return told.map(({ pattern, state, detail }) => `${pattern}: ${state}, ${detail}`);
  }

  it('is told as of files, by the name of the registry, whatever the case and the name of the hive', () => {
    const include = ['HKLM\\Software\\**', 'hkey_local_machine\\SOFTWARE\\Acme', 'HKCU\\Software\\Acme\\**'];
    expect(keyStates(include, ['HKLM\\software\\Acme\\tmp', 'HKCU\\Software\\*', 'HKU\\x'])).toEqual([
      'file:HKLM\\Software\\**: Effective, what it names is protected',
      'file:hkey_local_machine\\SOFTWARE\\Acme: Subset, file:HKLM\\Software\\** includes all of it',
      'file:HKCU\\Software\\Acme\\**: Not Effective, file:HKCU\\Software\\* excludes all of it',
      'file:HKLM\\software\\Acme\\tmp: Effective, what it names is left out, and all below it',
      'file:HKCU\\Software\\*: Effective, what it names is left out, and all below it',
      'file:HKU\\x: Not Effective, nothing that is included can match it',
    ]);
  });

  it('takes for letters what has a meaning in names of files only', () => {
    expect(
      keyStates(['HKLM\\a?', 'HKLM\\ab', 'HKLM\\a/b', 'HKLM\\a\\b']).every((one) => one.includes(': Effective')),
    ).toBe(true);
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
