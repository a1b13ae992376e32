import { describe, expect, it } from 'vitest';
import { withResult } from './proofs-page.ts';

const RESULT = {
  name: 'kill',
  what: 'kills',
  date: '2026-01-31',
  commit: 'abc1234',
  result: '2 passed, 0 failed',
  minutes: 3.25,
};

describe('the page of proofs', () => {
  it('begins with the first result', () => {
    expect(withResult('', RESULT)).toContain(
      '| `kill` | kills | 2026-01-31 | abc1234 | 2 passed, 0 failed | 3.3 min |\n',
    );
  });

  it('keeps one result of each proof: the last', () => {
    let page = withResult('', { ...RESULT, name: 'power-cut' });
    page = withResult(page, RESULT);
    page = withResult(page, { ...RESULT, result: '1 passed, 1 failed' });
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain('`kill`');
    expect(rows[0]).toContain('1 passed, 1 failed');
    expect(rows[1]).toContain('`power-cut`');
  });
});
