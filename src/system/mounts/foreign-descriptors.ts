import { lastError } from '../native/errno.ts';
import * as native from '../native/native.ts';

const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;

/**
 * Descriptors of another process, as descriptors of this one: of the same open files. All or none.
 * @returns them in the same order, to be closed.
 * @throws FileError ESRCH where the process has ended, EPERM where it may not be looked into, EBADF where it has none
 *   of that number, ENOSYS before Linux 5.6.
 */
export function fetchDescriptors(processId: number, descriptors: readonly number[]): number[] {
  const process = native.pidfdOpen(PIDFD_OPEN, processId, 0);
  if (process < 0) throw lastError('pidfd_open', String(processId));
  const fetched: number[] = [];
  try {
    for (const descriptor of descriptors) {
      const own = native.pidfdGetfd(PIDFD_GETFD, Number(process), descriptor, 0);
      if (own < 0) throw lastError('pidfd_getfd', `${String(processId)}/${String(descriptor)}`);
      fetched.push(Number(own));
    }
    return fetched;
  } catch (error) {
    for (const descriptor of fetched) native.close(descriptor);
    throw error;
  } finally {
    native.close(Number(process));
  }
}
