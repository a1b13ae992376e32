import { expect, it } from 'vitest';
import { compared, type FolderState, outageCovered, type PreflightReport } from './preflight.ts';

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
