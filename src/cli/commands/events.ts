import type { EventRecord } from '../../api/requests.ts';
import { PAGE_ITEMS_MAX } from '../../api/requests.ts';
import { explain } from '../../diagnosis/explain.ts';
import { Problem } from '../../problems/problem.ts';
import { type Command, countFlag, type Invocation, printJson, UsageError } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { formatMoment } from '../../kernel/moment-text.ts';
import { parseDurationMs } from '../quantity.ts';
import { table } from '../shown-text.ts';

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T|$)/;

export const EVENTS_COMMAND: Command = {
  name: 'events',
  summary: 'Shows what happened, oldest first',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {
    since: { value: 'WHEN', summary: 'not before: an age such as 1h or 2d, or a time such as 2026-01-31T12:00:00Z' },
    code: { value: 'CODE', summary: 'only events of this problem' },
    limit: { value: 'N', summary: `the newest N (default 100, at most ${PAGE_ITEMS_MAX})` },
  },
  async run(invocation) {
    const { flags, doors } = invocation;
    const limit = countFlag(invocation, 'limit', { command: 'events', min: 1, max: PAGE_ITEMS_MAX, default: 100 });
    const since = sinceIso(invocation);
    const code = codeFlag(flags.text('code'));
    const daemon = await daemonOf(invocation);
    const answer = await daemon.call('events', {
      limit,
      ...(since === null ? {} : { since }),
      ...(code === null ? {} : { code }),
    });
    if (invocation.json) printJson(invocation, answer);
    else if (answer.events.length === 0) doors.terminal.out('No such events.\n');
    else doors.terminal.out(`${table(answer.events.map(rowOf)).join('\n')}\n`);
    return 0;
  },
};

/** An unknown code would be answered by no events, as if all were well. @throws Problem CLI-017 */
function codeFlag(text: string | null): string | null {
  if (text === null) return null;
  const found = explain(text);
  if (found === null) throw new Problem('CLI-017', { code: text });
  return found.code;
}

function sinceIso(invocation: Invocation): string | null {
  const text = invocation.flags.text('since');
  if (text === null) return null;
  const ageMs = parseDurationMs(text);
  // Date.parse() makes a year out of any word with a number in it.
  const parsedMs = ISO_DATE.test(text) ? Date.parse(text) : Number.NaN;
  const atMs = ageMs === null ? parsedMs : invocation.doors.clock.wallMs() - ageMs;
  const date = new Date(atMs);
  if (Number.isNaN(date.getTime())) {
    throw new UsageError(`--since must be an age such as 1h or a time in ISO 8601, not ${text}.`, 'events');
  }
  return date.toISOString();
}

function rowOf(event: EventRecord): string[] {
  const code = event.code === null ? '' : `[${event.code}]`;
  return [formatMoment(event.at), event.server, event.level, code, event.text];
}
