import type { NoticeSource } from '../kernel/notices.ts';

/**
 * Notices of what others do. What this process does in intercepted folders it does for applications, and records;
 * who opened a file there before it was mounted over, or knows another way to it, is seen all the same.
 */
export function withoutOwnWork(source: NoticeSource, processId: number): NoticeSource {
  return {
    kind: source.kind,
    descriptor: source.descriptor,
    watchFolder: (folder, path) => source.watchFolder(folder, path),
    keyOf: (file) => source.keyOf(file),
    forgetFolder: (key) => source.forgetFolder(key),
    read: (sink) => source.read((notice) => notice.processId !== processId && sink(notice)),
    close: () => source.close(),
  };
}
