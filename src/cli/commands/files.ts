import type { FileItem } from '../../api/requests.ts';
import { type Command, countFlag, printJson } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { formatMoment } from '../quantity.ts';
import { table } from '../shown-text.ts';

const PAGE_ITEMS = 1_000;

export const FILES_COMMAND: Command = {
  name: 'files',
  summary: 'Lists protected items and the state of each',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {
    'out-of-sync': { summary: 'only items that are not Synchronized' },
    limit: { value: 'N', summary: 'at most so many (default 10000)' },
  },
  async run(invocation) {
    const limit = countFlag(invocation, 'limit', { command: 'files', min: 1, max: 10_000_000, default: 10_000 });
    const outOfSync = invocation.flags.isSet('out-of-sync');
    const daemon = await daemonOf(invocation);
    const { terminal } = invocation.doors;
    const all: FileItem[] = [];
    let after: string | null = null;
    let count = 0;
    do {
      const page: { items: FileItem[]; next: string | null } = await daemon.call('files', {
        outOfSync,
        limit: Math.min(PAGE_ITEMS, limit - count),
        ...(after === null ? {} : { after }),
      });
      count += page.items.length;
      // Page by page, so that a large set is never held whole.
      if (invocation.json) all.push(...page.items);
      else if (page.items.length > 0) terminal.out(`${table(page.items.map(rowOf)).join('\n')}\n`);
      after = page.next;
    } while (after !== null && count < limit);
    if (invocation.json) printJson(invocation, { items: all, next: after });
    else if (count === 0) terminal.out(outOfSync ? 'Every item is Synchronized.\n' : 'There are no protected items.\n');
    else if (after !== null) terminal.error(`More than ${limit} items: raise --limit to see the others.\n`);
    return 0;
  },
};

function rowOf(item: FileItem): string[] {
  const since = item.since === null ? [] : [`since ${formatMoment(item.since)}`];
  return [item.status, item.type, item.path, [...since, ...(item.reason === null ? [] : [item.reason])].join(': ')];
}
