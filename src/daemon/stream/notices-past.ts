import type { ByteString } from '../../kernel/byte-string.ts';
import { type FolderKey, NOTICE, type Notice, type NoticeSource } from '../../kernel/notices.ts';
import { numberOfKey } from '../../system/notices/fanotify-codec.ts';
import type { NodeNumber } from '../../system/mounts/node-handle.ts';

const NAMES = NOTICE.created | NOTICE.deleted | NOTICE.moved;
/** Told at a time. */
const CHANGES_MAX = 1024;

/** What somebody changed past the mounts: a node, or, where it is given, what has the name in that folder. */
export interface ChangePast {
  readonly node: NodeNumber;
  readonly name: ByteString | null;
}

/** What the kernel may remember through mounts, and who has it forget that. */
export interface PastMounts {
  mayBeKnown(node: NodeNumber): boolean;
  tell(changes: readonly ChangePast[]): void;
}

/**
 * Notices of what others do past mounts: who opened a file there before it was mounted over, or knows another way to it.
 * @param past - what was changed so and may be remembered, after the notices that said so were met. On a file system
 *   that others work on, too, most notices are of what is never seen through a mount.
 */
export function tellingPast(source: NoticeSource, past: PastMounts): NoticeSource {
  const changes = new ChangesPast(past);
  return {
    kind: source.kind,
    descriptor: source.descriptor,
    watchFolder: (folder, path) => source.watchFolder(folder, path),
    keyOf: (file) => source.keyOf(file),
    forgetFolder: (key) => source.forgetFolder(key),
    read: (sink) => {
      const isComplete = source.read((notice) => {
        changes.meet(notice);
        sink(notice);
      });
      changes.tell();
      return isComplete;
    },
    close: () => source.close(),
  };
}

/** Many notices say the same. */
class ChangesPast {
  readonly #past: PastMounts;
  readonly #met = new Map<string, ChangePast>();

  constructor(past: PastMounts) {
    this.#past = past;
  }

  meet({ what, folder, name, toFolder, toName, target }: Readonly<Notice>): void {
    this.#add(target, null);
    if ((what & NAMES) === 0) return;
    for (const [key, its] of [[folder, name] as const, [toFolder, toName] as const]) {
      this.#add(key, null);
      if (its !== '') this.#add(key, its);
    }
  }

  tell(): void {
    if (this.#met.size === 0) return;
    this.#past.tell([...this.#met.values()]);
    this.#met.clear();
  }

  #add(key: FolderKey | null, name: ByteString | null): void {
    const node = key === null ? null : numberOfKey(key);
    if (key === null || node === null || !this.#past.mayBeKnown(node)) return;
    this.#met.set(`${key}${name ?? ''}`, { node, name });
    if (this.#met.size >= CHANGES_MAX) this.tell();
  }
}
