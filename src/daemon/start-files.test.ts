import { describe, expect, it } from 'vitest';
import { FileError } from '../kernel/files.ts';
import { makeOwnFolder, readSettingsFile } from './start-files.ts';

function refusing(code: string) {
  const refuse = (path: string): never => {
    throw new FileError({ code, call: 'chmod', path });
  };
  return { read: refuse, makeFolder: refuse };
}

describe('a start by a user who may not', () => {
  it.each([
    ['EPERM', 'it belongs to another user'],
    ['EACCES', 'this user may not (EACCES)'],
    ['ENOTDIR', 'ENOTDIR'],
  ])('use the state folder (%s) is a problem with what to do, no fault of the program', (code, reason) => {
    expect(() => makeOwnFolder('/state', 'stateDirectory', refusing(code))).toThrow(
      expect.objectContaining({ code: 'DMN-008', parameters: { path: '/state', setting: 'stateDirectory', reason } }),
    );
  });

  it('read the settings is told so', () => {
    expect(() => readSettingsFile('/server.yaml', refusing('EACCES'))).toThrow(
      expect.objectContaining({
        code: 'CFG-001',
        parameters: { file: '/server.yaml', reason: 'this user may not (EACCES)' },
      }),
    );
    expect(() => readSettingsFile('/server.yaml', { ...refusing('EACCES'), read: () => null })).toThrow(
      'there is no such file',
    );
  });
});
