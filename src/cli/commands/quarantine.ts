import type { ApiClient } from '../../api/client.ts';
import type { AnswerOf, QuarantineEntry } from '../../api/requests.ts';
import { type Command, type Invocation, printJson, UsageError } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { formatMoment } from '../../kernel/moment-text.ts';
import { formatNumberOf } from '../../kernel/count-text.ts';
import { formatBytes } from '../../kernel/size-text.ts';
import { safe, table } from '../shown-text.ts';

const PAGE_ENTRIES = 1_000;

export const QUARANTINE_COMMAND: Command = {
  name: 'quarantine',
  summary: 'Shows, restores or removes what was replaced or set aside on the passive server',
  operands: 'list | restore ID [--to PATH] | purge ID|--all',
  operandsMin: 1,
  operandsMax: 2,
  flags: {
    all: { summary: 'purge everything' },
    to: {
      value: 'PATH',
      summary:
        'restore there: an absolute path on the passive server, outside what is protected; its own place seldom is',
    },
  },
  async run(invocation) {
    const [action, id] = invocation.operands;
    const all = invocation.flags.isSet('all');
    const to = invocation.flags.text('to');
    if (all && (action !== 'purge' || id !== undefined)) throw usage();
    if (to !== null && (action !== 'restore' || !to.startsWith('/'))) {
      throw new UsageError('--to goes with restore, and takes an absolute path.', 'quarantine');
    }
    if (to?.endsWith('/') === true)
      throw new UsageError('--to is the new path of the item itself, not a folder to put it into.', 'quarantine');
    if (action === 'list' && id === undefined) return await list(invocation, await daemonOf(invocation));
    if (action === 'restore' && id !== undefined)
      return await restore(invocation, await daemonOf(invocation), { id, to });
    if (action === 'purge' && (all || id !== undefined)) {
      return await purge(invocation, await daemonOf(invocation), all ? null : (id ?? null));
    }
    throw usage();
  },
};

function usage(): UsageError {
  return new UsageError(`Possible is: understudy quarantine ${QUARANTINE_COMMAND.operands}`, 'quarantine');
}

async function list(invocation: Invocation, daemon: ApiClient): Promise<number> {
  const { terminal } = invocation.doors;
  const entries: QuarantineEntry[] = [];
  let after: string | null = null;
  let bytesTotal = 0;
  do {
    const page: AnswerOf<'quarantineList'> = await daemon.call('quarantineList', {
      limit: PAGE_ENTRIES,
      ...(after === null ? {} : { after }),
    });
    entries.push(...page.entries);
    after = page.next;
    bytesTotal = page.bytesTotal;
  } while (after !== null);
  if (invocation.json) printJson(invocation, { entries, bytesTotal });
  else if (entries.length === 0) terminal.out('The quarantine is empty.\n');
  else {
    const rows = entries.map((one) => [one.id, formatMoment(one.at), one.reason, formatBytes(one.sizeBytes), one.path]);
    terminal.out(`${table(rows).join('\n')}\n`);
    terminal.out(`${formatNumberOf(entries.length, 'item')}, ${formatBytes(bytesTotal)}.\n`);
  }
  return 0;
}

async function restore(
  invocation: Invocation,
  daemon: ApiClient,
  entry: { readonly id: string; readonly to: string | null },
): Promise<number> {
  const answer = await daemon.call('quarantineRestore', entry);
  if (invocation.json) printJson(invocation, answer);
  else invocation.doors.terminal.out(`Restored on the passive server as ${safe(answer.path)}.\n`);
  return 0;
}

async function purge(invocation: Invocation, daemon: ApiClient, id: string | null): Promise<number> {
  const answer = await daemon.call('quarantinePurge', { id });
  if (invocation.json) printJson(invocation, answer);
  else {
    invocation.doors.terminal.out(`Removed ${formatNumberOf(answer.entries, 'item')}, ${formatBytes(answer.bytes)}.\n`);
  }
  return 0;
}
