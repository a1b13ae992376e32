import { FileError } from '../kernel/files.ts';
import { Problem } from '../problems/problem.ts';
import { durableFiles } from '../system/files/durable-files.ts';

/** What is used of the files, so that a test can refuse. */
type StartFiles = Pick<typeof durableFiles, 'read' | 'makeFolder'>;

/** @throws Problem CFG-001 where there is no such file or this user may not read it. */
export function readSettingsFile(file: string, files: StartFiles = durableFiles): string {
  const text = told(
    () => files.read(file),
    (reason) => new Problem('CFG-001', { file, reason }),
  );
  if (text === null) throw new Problem('CFG-001', { file, reason: 'there is no such file' });
  return text;
}

/**
 * Makes a folder that Understudy has to itself, or takes it back for itself.
 * @param setting - where its path stands in the server file.
 * @throws Problem L20 where there is no space for it.
 * @throws Problem DMN-008 where this user may not: often one that was made by root.
 */
export function makeOwnFolder(
  path: string,
  setting: 'stateDirectory' | 'queues.directory',
  files: StartFiles = durableFiles,
): void {
  told(
    () => files.makeFolder(path, 0o700),
    (reason) => new Problem('DMN-008', { path, setting, reason }),
  );
}

function told<Result>(action: () => Result, problem: (reason: string) => Problem): Result {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (error.isNoSpace) throw new Problem('L20', { directory: error.path }, { cause: error });
    throw problem(reasonOf(error));
  }
}

function reasonOf({ code }: FileError): string {
  if (code === 'EPERM') return 'it belongs to another user';
  if (code === 'EACCES') return 'this user may not (EACCES)';
  return code;
}
