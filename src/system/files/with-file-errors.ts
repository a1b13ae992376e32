import { FileError } from '../../kernel/files.ts';

/** What the action returns. @throws FileError about the path where Node's own call failed; what else is thrown stays. */
export function withFileErrors<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (error instanceof FileError || code === undefined || syscall === undefined) throw error;
    throw new FileError({ code, call: syscall, path });
  }
}
