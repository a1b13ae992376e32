import { describe, expect, test } from 'vitest';
import type { WallMs } from '../kernel/units.ts';
import { explain, PROBLEM_CODES } from './explain.ts';
import { type ActiveProblem, FindingBook, findingId } from './findings.ts';

const AT = Date.UTC(2026, 0, 1) as WallMs;
const later = (ms: number) => (AT + ms) as WallMs;

const LOST: ActiveProblem = {
  code: 'CHN-003',
  server: 'primary',
  item: null,
  parameters: { routes: '10.0.0.2:57348', reason: 'no answer' },
};
const BEHIND: ActiveProblem = {
  code: 'DIA-001',
  server: 'primary',
  item: null,
  parameters: { ageMs: 1, bottleneck: 'the link' },
};
const held = (path: string): ActiveProblem => ({
  code: 'APL-001',
  server: 'secondary',
  item: path,
  parameters: { path, reason: 'EIO' },
  evidence: ['write: EIO'],
  action: 'try again now',
});

describe('the finding book', () => {
  test('tells what, why, since when and what to do, from the catalogue', () => {
    const book = new FindingBook();
    const events = book.raise(held('/srv/a'), AT);
    expect(book.findings()).toEqual([
      {
        id: findingId(held('/srv/a')),
        code: 'APL-001',
        severity: 'error',
        server: 'secondary',
        item: '/srv/a',
        since: '2026-01-01T00:00:00.000Z',
        cause:
          "/srv/a cannot be made equal on the passive server: the disk reported an error (EIO). The passive server's file system refused.",
        evidence: ['write: EIO'],
        resolution: 'Mend what refused; the item is tried again by itself.',
        action: 'try again now',
        parent: null,
      },
    ]);
    expect(events).toMatchObject([{ code: 'APL-001', level: 'error', item: '/srv/a' }]);
  });

  test('renews a problem that is raised again: same id, same beginning, no second event', () => {
    const book = new FindingBook();
    book.raise(LOST, AT);
    const id = book.findings()[0]?.id;
    expect(book.raise({ ...LOST, parameters: { routes: 'x', reason: 'refused' } }, later(5_000))).toEqual([]);
    expect(book.findings()).toMatchObject([
      { id, since: '2026-01-01T00:00:00.000Z', cause: expect.stringContaining('refused') },
    ]);
  });

  test('ends a problem once, with how long it lasted', () => {
    const book = new FindingBook();
    book.raise(LOST, AT);
    expect(book.clear(LOST, later(7_000))).toMatchObject([
      { level: 'information', code: 'CHN-003', details: { cleared: true, lastedMs: 7_000 } },
    ]);
    expect(book.clear(LOST, later(8_000))).toEqual([]);
    expect(book.findings()).toEqual([]);
  });

  test('puts errors first, then the oldest', () => {
    const book = new FindingBook();
    book.raise(BEHIND, AT);
    book.raise(held('/b'), later(1));
    book.raise(held('/a'), later(2));
    book.raise(LOST, later(3));
    expect(book.findings().map(({ code, item }) => [code, item])).toEqual([
      ['APL-001', '/b'],
      ['APL-001', '/a'],
      ['CHN-003', null],
      ['DIA-001', null],
    ]);
  });

  test('lists a hundred of a kind and says how many more there are', () => {
    const book = new FindingBook();
    for (let index = 0; index < 130; index += 1) book.raise(held(`/f${index}`), later(index));
    const findings = book.findings();
    expect(findings).toHaveLength(100);
    expect(findings[99]?.evidence.at(-1)).toBe('30 more problems of this kind are not listed');
    expect(book.clearWhere((problem) => problem.code === 'APL-001', later(1_000))).toHaveLength(130);
    expect(book.size).toBe(0);
  });

  test('keeps ten thousand of a kind at most, and every other one beside them', () => {
    const book = new FindingBook();
    for (let number = 0; number <= 10_000; number += 1) book.raise(held(`/srv/${String(number)}`), AT);
    expect(book.size).toBe(10_000);
    expect(book.raise(LOST, AT)).toHaveLength(1);
    book.clear(held('/srv/7'), AT);
    expect(book.raise(held('/srv/late'), AT)).toHaveLength(1);
    expect(book.size).toBe(10_001);
  });

  test('finds the problem behind an id', () => {
    const book = new FindingBook();
    book.raise(LOST, AT);
    expect(book.find(findingId(LOST))).toBe(LOST);
    expect(book.find('0000000000')).toBeNull();
  });
});

describe('explaining a code', () => {
  test('works for every code of the catalogue, however it is typed', () => {
    for (const code of PROBLEM_CODES) expect(explain(`[${code.toLowerCase()}]`)?.code).toBe(code);
    expect(explain('CHN-003')).toMatchObject({
      what: 'The other server cannot be reached on any route (<routes>).',
      who: 'Understudy tries again by itself.',
    });
    expect(explain('XYZ-001')).toBeNull();
  });
});
