import type { AnswerOf, FileItem } from '../../api/requests.ts';
import { type Command, countFlag, printJson } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { formatMoment } from '../../kernel/moment-text.ts';
import { formatNumberOf } from '../../kernel/count-text.ts';
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
    let page: AnswerOf<'files'>;
    do {
      page = await daemon.call('files', {
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
    if (invocation.json) printJson(invocation, { ...page, items: all });
    else if (count === 0) terminal.out(`${outOfSync ? noneText(page) : 'There are no protected items.'}\n`);
    else if (after !== null) terminal.error(`More than ${limit} items: raise --limit to see the others.\n`);
    else if (outOfSync && page.itemsUnchecked > 0) {
      const unchecked = formatNumberOf(page.itemsUnchecked, 'item');
      terminal.error(`${unchecked} unchecked: what of them is not listed here is in \`understudy files\`.\n`);
    }
    return 0;
  },
};

/** That no item is known to be out of sync says that all are Synchronized only where the status says it. */
function noneText({ fileSystem, registry, itemsUnchecked, channel, changesWaiting }: AnswerOf<'files'>): string {
  const isRegistryWell = registry === 'Synchronized' || registry === 'Not protected';
  if (fileSystem === 'Synchronized' && isRegistryWell) return 'Every item is Synchronized.';
  const facts = [
    ...(channel === 'Connected' ? [] : ['the two servers are not connected']),
    ...(changesWaiting === 0 ? [] : [`${formatNumberOf(changesWaiting, 'change')} not yet confirmed`]),
    ...(itemsUnchecked === 0 ? [] : [`${formatNumberOf(itemsUnchecked, 'item')} unchecked`]),
  ];
  const why = facts.length === 0 ? '' : `: ${facts.join(', ')}`;
  const statuses = [
    ...(fileSystem === 'Synchronized' ? [] : [`the File System Status is ${fileSystem}`]),
    ...(isRegistryWell ? [] : [`the Registry Status is ${registry}`]),
  ];
  return `No item is known to be out of sync, but ${statuses.join(' and ')}${why}.`;
}

function rowOf(item: FileItem): string[] {
  const since = item.since === null ? [] : [`since ${formatMoment(item.since)}`];
  return [item.status, item.type, item.path, [...since, ...(item.reason === null ? [] : [item.reason])].join(': ')];
}
