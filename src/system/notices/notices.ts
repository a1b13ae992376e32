import type { ByteString } from '../../kernel/byte-string.ts';
import { FileError } from '../../kernel/files.ts';
import type { NoticeSource } from '../../kernel/notices.ts';
import { Problem, type ProblemData, toData } from '../../problems/problem.ts';
import { openFanotify } from './fanotify.ts';
import { openInotify } from './inotify.ts';

/**
 * The best source of notices that this process and these file systems allow.
 * @param folders - absolute real paths of the protected folders; each must exist.
 * @param leftOut - a process whose changes give no notice, where the source can tell; null for none.
 * @returns the source, and CAP-005 where it is the lesser one.
 * @throws FileError of `open` where a folder can't be opened, EMFILE where inotify has no queue left.
 */
export function openNotices(
  folders: readonly ByteString[],
  leftOut: number | null,
): { source: NoticeSource; problem: ProblemData | null } {
  try {
    return { source: openFanotify(folders, leftOut), problem: null };
  } catch (error) {
    if (!(error instanceof FileError) || isAboutTheFolder(error)) throw error;
    const problem = new Problem('CAP-005', { kind: 'inotify', reason: reasonOf(error) });
    return { source: openInotify(), problem: toData(problem) };
  }
}

/** A folder that can't be opened can't be watched in any way. */
function isAboutTheFolder(error: FileError): boolean {
  return error.call === 'open';
}

function reasonOf(error: FileError): string {
  if (error.call === 'fanotify_init') {
    return error.code === 'EPERM'
      ? 'the right CAP_SYS_ADMIN is missing'
      : `this kernel refuses fanotify (${error.code})`;
  }
  switch (error.code) {
    case 'EXDEV':
      return `${error.path} is a Btrfs subvolume`;
    case 'EPERM':
    case 'EACCES':
      return `the rights CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH are missing for ${error.path}`;
    default:
      return `the file system of ${error.path} can't be watched as a whole (${error.code})`;
  }
}
