import type { NodeTree } from '../changes/node-tree.ts';
import { fromText, toDisplay } from '../kernel/byte-string.ts';
import type { Files } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import { Problem } from '../problems/problem.ts';
import { lookAtItem } from './look-at-item.ts';
import type { ItemView, StreamQuery } from './thread-messages.ts';

/**
 * Answers what is asked of the active server's stream worker.
 * @throws Problem DMN-001 for what only the passive server knows
 */
export function answerActive(options: {
  query: StreamQuery;
  tree: NodeTree;
  files: Files;
  hash: HashContent;
  base: string;
}): unknown {
  const { query, tree } = options;
  switch (query.name) {
    case 'items':
      return items(tree, query);
    case 'look':
      return lookAtItem({ ...options, path: query.path });
    case 'quarantineList':
    case 'quarantineRestore':
    case 'quarantinePurge':
      throw new Problem('DMN-001', { reason: 'the quarantine is on the passive server' });
  }
}

/** One page of items in byte order of their paths. How they stand on the passive server is not known here. */
function items(tree: NodeTree, query: Extract<StreamQuery, { name: 'items' }>): ItemView[] {
  if (query.outOfSync) return [];
  const after = fromText(query.after);
  const found: ItemView[] = [];
  for (const node of tree.nodes) {
    const path = tree.pathOf(node);
    if (path === null || path <= after) continue;
    found.push({ path: toDisplay(path), type: node.type, status: 'Unchecked', since: null, reason: null });
  }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  return found.slice(0, query.limit);
}
