import type { NodeTree } from '../../changes/node-tree.ts';
import { type ByteString, fromText } from '../../kernel/byte-string.ts';
import type { Files } from '../../kernel/files.ts';
import type { HashContent } from '../../kernel/hash.ts';
import { Problem } from '../../problems/problem.ts';
import { pageOfTree } from '../stream/item-page.ts';
import { lookAtItem } from '../stream/look-at-item.ts';
import { ownersIn } from '../status/owners.ts';
import type { StreamQuery } from '../stream/thread-messages.ts';
import type { UnreadItems } from '../status/unread-items.ts';

/**
 * Answers what is asked of the active server's stream worker.
 * @throws Problem DMN-001 for what only the passive server knows
 */
export function answerActive(options: {
  query: StreamQuery;
  tree: NodeTree;
  unread: UnreadItems;
  /** What the passive server has not confirmed. */
  changed: () => ReadonlySet<ByteString>;
  files: Files;
  hash: HashContent;
  base: string;
}): unknown {
  const { query, tree } = options;
  switch (query.name) {
    case 'items':
      return pageOfTree(query, tree, options.changed());
    case 'unread':
      return options.unread.page({ ...query, paths: query.paths?.map(fromText) ?? null });
    case 'look':
      return lookAtItem({ ...options, path: query.path });
    case 'owners':
      return ownersIn(tree);
    case 'quarantineList':
    case 'quarantineRestore':
    case 'quarantinePurge':
      throw new Problem('DMN-001', { reason: 'the quarantine is on the passive server' });
  }
}
