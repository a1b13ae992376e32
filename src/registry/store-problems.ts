import { FileError } from '../kernel/files.ts';
import { Problem } from '../problems/problem.ts';
import { RegSyntaxError } from './reg-syntax.ts';

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);
const USED_UP = new Set(['ENOMEM', 'EMFILE', 'ENFILE', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EAGAIN']);
const LOCKED = new Set(['EBUSY', 'ETXTBSY', 'EWOULDBLOCK', 'ELOCKED']);

/** What a disk refuses, or a text that makes no sense, is thrown as the problem that it is for the registry there. @throws Problem */
export function withStoreProblems<Result>(store: string, right: 'read' | 'write', action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof FileError) throw problemOf(error, store, right);
    if (!(error instanceof RegSyntaxError)) throw error;
    throw new Problem('REG-004', { store, reason: error.message }, { cause: error });
  }
}

function problemOf(error: FileError, store: string, right: 'read' | 'write'): Problem {
  const reason = `${error.call} of ${error.path} gave ${error.code}`;
  if (DENIED.has(error.code)) return new Problem('REG-002', { item: error.path, right, reason }, { cause: error });
  if (USED_UP.has(error.code)) return new Problem('REG-003', { store, reason }, { cause: error });
  if (LOCKED.has(error.code)) return new Problem('REG-005', { store, reason }, { cause: error });
  return new Problem('REG-001', { store, reason }, { cause: error });
}
