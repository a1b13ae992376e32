import { expect, it } from 'vitest';
import { attempt } from './process-table.ts';

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

it('what a process has is not there where it has gone, or nobody serves its file system any more', () => {
  for (const code of ['ENOENT', 'ESRCH', 'ENOTCONN', 'ECONNABORTED', 'ESTALE'])
    expect(attempt(failing(code))).toBeNull();
  expect(attempt(() => 'there')).toBe('there');
  expect(() => attempt(failing('EMFILE'))).toThrow('EMFILE');
});
