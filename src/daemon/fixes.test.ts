import { expect, it } from 'vitest';
import type { ActiveProblem } from '../diagnosis/findings.ts';
import { offered } from './checked-again.ts';
import { carryOut } from './fixes.ts';
import type { CheckRequest } from './thread-messages.ts';

const REFUSED: ActiveProblem = {
  code: 'APL-001',
  server: 'secondary',
  item: '/srv/a',
  parameters: { path: '/srv/a', reason: 'EIO' },
};

function trial(problem: ActiveProblem | null) {
  const checks: CheckRequest[] = [];
  const cleared: string[] = [];
  const findings = {
    find: () => problem,
    clear: (code: string) => void cleared.push(code),
    clearAll: (code: string) => void cleared.push(code),
  };
  const startCheck = async (request: CheckRequest): Promise<number> => checks.push(request);
  return {
    checks,
    cleared,
    fix: () =>
      carryOut('id', findings, {
        stream: { post: () => true },
        registry: { confirm: () => false },
        health: { rearm: () => false },
        daemon: { startCheck },
      }),
  };
}

it('has an item checked again, and leaves it to the check whether that ends the finding', () => {
  const { fix, checks, cleared } = trial(REFUSED);
  expect(fix()).toContain('checked again');
  expect(checks).toEqual([{ mode: 'full', repair: true, paths: ['/srv/a'] }]);
  expect(cleared).toEqual([]);
  expect(offered('APL-001', '/srv/a')).not.toBeNull();
});

it('carries out what was offered, and nothing for what offers nothing', () => {
  const loss = trial({ ...REFUSED, code: 'APL-020' });
  expect(loss.fix()).toContain('taken over');
  expect(loss.cleared).toEqual(['APL-020']);
  expect(trial({ ...REFUSED, code: 'DIA-001', item: null }).fix).toThrow('no action');
  expect(trial(null).fix).toThrow('no action');
  expect(offered('DIA-001', null)).toBeNull();
});
