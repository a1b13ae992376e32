import type { QuarantineEntry } from '../../api/requests.ts';
import type { Apply } from '../../apply/apply.ts';
import type { NodeTree } from '../../changes/node-tree.ts';
import { fromText, toDisplay } from '../../kernel/byte-string.ts';
import type { Files } from '../../kernel/files.ts';
import type { HashContent } from '../../kernel/hash.ts';
import { Problem } from '../../problems/problem.ts';
import { pageOfItems } from '../stream/item-page.ts';
import type { LeftAlone } from './left-alone.ts';
import { lookAtItem } from '../stream/look-at-item.ts';
import { ownersIn } from '../status/owners.ts';
import { pageOfQuarantine } from '../status/quarantine-list.ts';
import type { StreamQuery } from '../stream/thread-messages.ts';

/** Answers what is asked of the passive server's stream worker. @throws Problem CLI-003 */
export function answerPassive(options: {
  query: StreamQuery;
  apply: Apply;
  files: Files;
  hash: HashContent;
  base: string;
  /** The copy was verified as a whole: what nothing is known against is synchronized. */
  isVerified: boolean;
  leftAlone: LeftAlone;
  tree: NodeTree;
}): unknown {
  const { query, apply } = options;
  switch (query.name) {
    case 'items':
      return pageOfItems(query, options);
    case 'unread':
      throw new Problem('DMN-001', { reason: 'what could not be read is known on the active server' });
    case 'look':
      return lookAtItem({ ...options, path: query.path });
    case 'owners':
      return ownersIn(options.tree);
    case 'quarantineList': {
      const all = apply.quarantine.list().map(entryShown);
      const { after = null, limit } = query;
      // All of a large quarantine is more than a message to the other server holds.
      return limit === undefined ? all : pageOfQuarantine(all, { after, limit });
    }
    case 'quarantineRestore': {
      const entry = apply.quarantine.list().find((one) => one.id === query.entry);
      if (entry === undefined) throw noEntry(query.entry);
      apply.quarantine.restore(entry.id, query.to === null ? null : fromText(query.to));
      return { path: query.to ?? toDisplay(entry.path) };
    }
    case 'quarantinePurge': {
      const before = apply.quarantine.list();
      const gone = query.entry === null ? before : before.filter((one) => one.id === query.entry);
      if (query.entry !== null && gone.length === 0) throw noEntry(query.entry);
      apply.quarantine.purge(query.entry);
      return { entries: gone.length, bytes: gone.reduce((sum, one) => sum + one.bytes, 0) };
    }
  }
}

function entryShown(entry: ReturnType<Apply['quarantine']['list']>[number]): QuarantineEntry {
  return {
    id: entry.id,
    path: toDisplay(entry.path),
    type: entry.items > 1 ? 'folder' : 'file',
    reason: entry.why,
    at: new Date(entry.when).toISOString(),
    sizeBytes: entry.bytes,
  };
}

function noEntry(id: string): Problem {
  return new Problem('CLI-003', { what: 'quarantine entry', name: id, list: 'quarantine list' });
}
