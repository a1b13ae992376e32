import type { Apply } from '../apply/apply.ts';
import { type ByteString, fromText, toDisplay } from '../kernel/byte-string.ts';
import type { Files } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import type { WallMs } from '../kernel/units.ts';
import { describe, Problem } from '../problems/problem.ts';
import type { LeftAlone } from './left-alone.ts';
import { lookAtItem } from './look-at-item.ts';
import type { ItemView, StreamQuery } from './thread-messages.ts';

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
}): unknown {
  const { query, apply } = options;
  switch (query.name) {
    case 'items':
      return items(query, options);
    case 'look':
      return lookAtItem({ ...options, path: query.path });
    case 'quarantineList':
      return apply.quarantine.list().map((entry) => ({
        id: entry.id,
        path: toDisplay(entry.path),
        type: entry.items > 1 ? 'folder' : 'file',
        reason: entry.why,
        at: new Date(entry.when).toISOString(),
        sizeBytes: entry.bytes,
      }));
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

function noEntry(id: string): Problem {
  return new Problem('CLI-003', { what: 'quarantine entry', name: id, list: 'quarantine list' });
}

/** One page of items in byte order of their paths. */
function items(
  query: Extract<StreamQuery, { name: 'items' }>,
  { apply, isVerified, leftAlone }: { apply: Apply; isVerified: boolean; leftAlone: LeftAlone },
): ItemView[] {
  const after = fromText(query.after);
  const found: ItemView[] = [];
  const left = new Map<ByteString, WallMs>();
  for (const { path, since } of leftAlone.items()) left.set(path, since);
  for (const item of apply.items()) {
    const leftSince = left.get(item.path);
    left.delete(item.path);
    const isEqual = item.status === 'Synchronized' && leftSince === undefined;
    if (item.path <= after || (query.outOfSync && isEqual)) continue;
    const since = item.since ?? leftSince ?? null;
    found.push({
      path: toDisplay(item.path),
      type: item.node?.type ?? 'other',
      status: leftSince !== undefined ? 'Out of sync' : isEqual && !isVerified ? 'Unchecked' : item.status,
      since: since === null ? null : new Date(since).toISOString(),
      reason: item.problem === null ? null : describe(item.problem).message,
    });
  }
  for (const [path, since] of left) {
    if (path > after) found.push(viewOfLeft(path, since));
  }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  return found.slice(0, query.limit);
}

/** Of an item that only the other server has, or only this one. */
function viewOfLeft(path: ByteString, since: WallMs): ItemView {
  return {
    path: toDisplay(path),
    type: 'other',
    status: 'Out of sync',
    since: new Date(since).toISOString(),
    reason: null,
  };
}
