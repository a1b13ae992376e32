import { expect, it } from 'vitest';
import type { Finding } from '../api/status.ts';
import { compared, type FolderState, outageCovered, type PreflightReport, withoutRepeats } from './preflight.ts';

const MIB = 1024 * 1024;

function folder(changes: Partial<FolderState> & { readonly bytes?: number }): FolderState {
  const { bytes = 0, ...rest } = changes;
  return {
    path: '/srv',
    fileSystem: 'ext4',
    freeBytes: 100 * MIB,
    size: { bytes, folders: 1, isWhole: true },
    ...rest,
  };
}

function report(role: 'active' | 'passive', state: FolderState): PreflightReport {
  return { identity: role === 'active' ? 'primary' : 'secondary', role, findings: [], folders: [state] };
}

const codes = (here: FolderState, there: FolderState): string[] =>
  compared(report('active', here), report('passive', there)).map(({ code }) => code);

it('finds that what is protected does not fit there, less what is there already', () => {
  expect(codes(folder({ bytes: 101 * MIB }), folder({}))).toEqual(['DIA-011']);
  expect(codes(folder({ bytes: 101 * MIB }), folder({ bytes: 2 * MIB }))).toEqual([]);
  expect(codes(folder({ bytes: 99 * MIB }), folder({}))).toEqual([]);
});

it('finds that the file systems differ', () => {
  expect(codes(folder({}), folder({ fileSystem: 'xfs' }))).toEqual(['DIA-012']);
});

it('says nothing of a folder that the other server does not have', () => {
  expect(codes(folder({ bytes: 200 * MIB }), folder({ path: '/other' }))).toEqual([]);
});

it('tells how long the queue covers an outage, once something is sent', () => {
  expect(outageCovered({ bytesMax: 600 * MIB, bytesPerSecond: MIB })?.parameters).toMatchObject({ minutes: 10 });
  expect(outageCovered({ bytesMax: 600 * MIB, bytesPerSecond: 0 })).toBeNull();
});

it('says nothing of a queue that covers a day and more', () => {
  expect(outageCovered({ bytesMax: 24 * 3600 * MIB, bytesPerSecond: MIB })).toBeNull();
  expect(outageCovered({ bytesMax: 23 * 3600 * MIB, bytesPerSecond: MIB })).not.toBeNull();
});

function finding(code: string, item: string | null, server: Finding['server'] = 'secondary'): Finding {
  const rest = {
    severity: 'error',
    since: '',
    cause: '',
    evidence: [],
    resolution: '',
    action: null,
    parent: null,
  } as const;
  return { id: `${code} ${String(item)}`, code, item, server, ...rest };
}

it('does not say again what lasting findings of the same server say of the same', () => {
  const left = (found: Finding, ...lasting: Finding[]): string[] =>
    withoutRepeats([found], lasting).map(({ code }) => code);
  const [space, queues] = [finding('DIA-011', '/srv'), finding('JRN-007', null)];
  expect(left(space, finding('APL-030', '/srv'))).toEqual([]);
  expect(left(space, finding('APL-030', '/srv/a/file'))).toEqual([]);
  expect(left(space, finding('APL-030', '/srv2'))).toEqual(['DIA-011']);
  expect(left(space, finding('APL-030', '/srv', 'primary'))).toEqual(['DIA-011']);
  expect(left(queues, finding('M4', null))).toEqual([]);
  expect(left(queues, finding('L20', null))).toEqual([]);
  expect(left(queues, finding('L9', null))).toEqual(['JRN-007']);
});
