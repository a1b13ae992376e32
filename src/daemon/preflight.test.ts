import { expect, it } from 'vitest';
import type { Finding } from '../api/status.ts';
import type { PreflightReport } from '../diagnosis/preflight.ts';
import { preflightBoth } from './preflight.ts';

const MIB = 1024 * 1024;

function report(role: PreflightReport['role'], bytes: number): PreflightReport {
  const size = { bytes, folders: 1, isWhole: true };
  const folders = [{ path: '/srv', fileSystem: 'ext4', freeBytes: MIB, size }];
  return { identity: role === 'active' ? 'primary' : 'secondary', role, findings: [], folders };
}

async function codes(...lasting: readonly Finding[]): Promise<string[]> {
  const { findings } = await preflightBoth({
    own: async () => report('active', 9 * MIB),
    peer: async () => report('passive', 0),
    lasting: () => lasting,
    capture: () => [],
  });
  return findings.map(({ code }) => code);
}

it('says that the other disk is too small, unless it has shown already', async () => {
  const full: Finding = {
    id: 'full',
    code: 'APL-030',
    severity: 'error',
    server: 'secondary',
    item: '/srv',
    since: '2026-01-01T00:00:00Z',
    cause: '',
    evidence: [],
    resolution: '',
    action: null,
    parent: null,
  };
  expect(await codes()).toEqual(['DIA-011']);
  expect(await codes(full)).toEqual(['APL-030']);
});
