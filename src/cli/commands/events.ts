import type { ApiClient } from '../../api/client.ts';
import type { EventRecord } from '../../api/requests.ts';
import { PAGE_ITEMS_MAX } from '../../api/requests.ts';
import { explain } from '../../diagnosis/explain.ts';
import { isProblem, Problem } from '../../problems/problem.ts';
import { type Command, countFlag, type Invocation, printJson, UsageError } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { formatMoment } from '../../kernel/moment-text.ts';
import { parseDurationMs } from '../quantity.ts';
import { NewEvents } from '../new-events.ts';
import { safe, table } from '../shown-text.ts';
import { pause } from '../waiting.ts';

const LOOK_EVERY_MS = 1000;
/** The longest words there are. */
const SERVER_WIDTH = 'secondary'.length;
const LEVEL_WIDTH = 'information'.length;
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
    follow: { summary: 'and then what happens, until Ctrl-C; with --json each event is one line' },
  },
  async run(invocation) {
    const { flags, doors } = invocation;
    const limit = countFlag(invocation, 'limit', { command: 'events', min: 1, max: PAGE_ITEMS_MAX, default: 100 });
    const since = sinceIso(invocation);
    const code = codeFlag(flags.text('code'));
    const daemon = await daemonOf(invocation);
    const asked = { ...(since === null ? {} : { since }), ...(code === null ? {} : { code }) };
    if (flags.isSet('follow')) return await follow(invocation, { daemon, asked, limit });
    const answer = await daemon.call('events', { limit, ...asked });
    if (invocation.json) printJson(invocation, answer);
    else if (answer.events.length === 0) doors.terminal.out('No such events.\n');
    else doors.terminal.out(`${table(answer.events.map(rowOf)).join('\n')}\n`);
    return 0;
  },
};

/** Until it is interrupted. What happens while no daemon answers is told once one does. */
async function follow(
  invocation: Invocation,
  { daemon, asked, limit }: { daemon: ApiClient; asked: { since?: string; code?: string }; limit: number },
): Promise<number> {
  const { terminal, timers } = invocation.doors;
  const ended = new AbortController();
  const cancel = terminal.onInterrupt(() => ended.abort());
  const events = new NewEvents(async (count) => (await daemon.call('events', { limit: count, ...asked })).events);
  try {
    let found = await events.first(limit);
    let isAway = false;
    while (!ended.signal.aborted) {
      for (const event of found) terminal.out(lineOf(event, invocation.json));
      await pause(timers, LOOK_EVERY_MS, ended.signal);
      if (ended.signal.aborted) break;
      try {
        found = await events.next();
        isAway = false;
      } catch (error) {
        if (!isProblem(error)) throw error;
        // Said once; it outlives a restart of the daemon.
        if (!isAway) terminal.error(`[${error.code}] ${safe(error.message)} Trying again.\n`);
        isAway = true;
        found = [];
      }
    }
    return 0;
  } finally {
    cancel();
  }
}

function lineOf(event: EventRecord, json: boolean): string {
  if (json) return `${JSON.stringify(event)}\n`;
  const [moment = '', server = '', level = '', ...rest] = rowOf(event);
  const cells = [moment, server.padEnd(SERVER_WIDTH), level.padEnd(LEVEL_WIDTH), ...rest];
  return `${cells
    .filter((cell) => cell !== '')
    .map(safe)
    .join('  ')}\n`;
}

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
