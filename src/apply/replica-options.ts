import type { NodeTree } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { Clock } from '../kernel/clock.ts';
import type { FileUses } from '../kernel/file-use.ts';
import type { Files } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import type { ApplyHost } from './host.ts';

/** What the passive's copy is made of. */
export interface ReplicaOptions {
  readonly files: Files;
  readonly uses: FileUses;
  /** This server's identity, for problems. */
  readonly server: string;
  readonly tree: NodeTree;
  readonly protectedSet: ProtectedSet;
  readonly base: ByteString;
  readonly hash: HashContent;
  readonly clock: Clock;
  readonly host: ApplyHost;
  /** What may still be written to the file system that holds a real path. @throws FileError as statfs(2). */
  readonly freeBytes: (path: ByteString) => number;
}
