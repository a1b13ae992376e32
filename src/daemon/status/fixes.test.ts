import { expect, it } from 'vitest';
import type { Exclusion } from '../../diagnosis/exclusion.ts';
import type { ActiveProblem } from '../../diagnosis/findings.ts';
import { offered } from './checked-again.ts';
import { carryOut } from './fixes.ts';
import type { CheckRequest } from '../stream/thread-messages.ts';

const REFUSED: ActiveProblem = {
  code: 'APL-001',
  server: 'secondary',
  item: '/srv/a',
  parameters: { path: '/srv/a', reason: 'EIO' },
};

const EXCLUSION: Exclusion = { file: '/etc/clamd.conf', lines: 'OnAccessExcludePath /srv\n', unit: 'a.service' };

function trial(problem: ActiveProblem | null) {
  const checks: CheckRequest[] = [];
  const cleared: string[] = [];
  const excluded: Exclusion[] = [];
  const findings = {
    find: () => problem,
    clear: (code: string) => void cleared.push(code),
    clearAll: (code: string) => void cleared.push(code),
  };
  const startCheck = async (request: CheckRequest): Promise<number> => checks.push(request);
  return {
    checks,
    cleared,
    excluded,
    fix: () =>
      carryOut('id', findings, {
        stream: { post: () => true },
        registry: { confirm: () => false },
        daemon: { startCheck },
        antivirus: { exclusionOf: (folder) => (folder === '/srv' ? EXCLUSION : null) },
        services: {
          exclude: async (exclusion) => void excluded.push(exclusion),
          endProgram: (name) => name === 'psql',
          health: { rearm: (name) => name === 'disk' },
        },
      }),
  };
}

it('has an item checked again, and leaves it to the check whether that ends the finding', async () => {
  const { fix, checks, cleared } = trial(REFUSED);
  expect(await fix()).toContain('checked again');
  expect(checks).toEqual([{ mode: 'full', repair: true, paths: ['/srv/a'] }]);
  expect(cleared).toEqual([]);
  expect(offered('APL-001', '/srv/a')).not.toBeNull();
});

it('carries out what was offered, and nothing for what offers nothing', async () => {
  const loss = trial({ ...REFUSED, code: 'APL-020' });
  expect(await loss.fix()).toContain('taken over');
  expect(loss.cleared).toEqual(['APL-020']);
  await expect(trial({ ...REFUSED, code: 'DIA-001', item: null }).fix()).rejects.toThrow('no action');
  const latched = trial({ ...REFUSED, code: 'SVC-032', item: 'disk' });
  expect(await latched.fix()).toContain('told again');
  await expect(trial({ ...REFUSED, code: 'SVC-032', item: 'memory' }).fix()).rejects.toThrow('no action');
  await expect(trial(null).fix()).rejects.toThrow('no action');
  expect(offered('DIA-001', null)).toBeNull();
});

it('has a scanner leave a folder alone, and leaves it to the next look whether it does', async () => {
  const denied = trial({ ...REFUSED, code: 'DIA-021', item: '/srv' });
  expect(await denied.fix()).toContain('`OnAccessExcludePath /srv` was put into /etc/clamd.conf');
  expect(denied.excluded).toEqual([EXCLUSION]);
  expect(denied.cleared).toEqual([]);
  await expect(trial({ ...REFUSED, code: 'DIA-021', item: '/home' }).fix()).rejects.toThrow('no action');
});

it('has a program ended, whose finding stays until it has', async () => {
  const program = trial({ ...REFUSED, code: 'SVC-021', item: 'psql' });
  expect(await program.fix()).toContain('asked to end');
  expect(program.cleared).toEqual([]);
  await expect(trial({ ...REFUSED, code: 'SVC-021', item: 'gone' }).fix()).rejects.toThrow('no action');
});
