import { type Command, printJson, UsageError } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { formatMoment } from '../../kernel/moment-text.ts';
import { parseDurationMs } from '../quantity.ts';

const LEAST_MS = 60_000;
const MOST_MS = 7 * 24 * 3_600_000;

export const PAUSE_COMMAND: Command = {
  name: 'pause',
  summary: 'For maintenance: starts, stops and restarts no service until the given time is over',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {
    reason: { value: 'TEXT', summary: 'why; shown as long as it lasts' },
    for: { value: 'TIME', summary: 'how long, such as 30m or 2h; from 1m to 7d' },
  },
  description: 'Holds on both servers. Replication goes on, and so does the guard of the passive server.',
  async run(invocation) {
    const reason = invocation.flags.text('reason')?.trim() ?? '';
    const time = invocation.flags.text('for');
    const forMs = parseDurationMs(time ?? '');
    if (reason === '') throw new UsageError('--reason is missing: it is shown to everybody.', 'pause');
    if (time === null) throw new UsageError('--for is missing: a pause ends by itself, as in --for 30m.', 'pause');
    if (forMs === null || forMs < LEAST_MS || forMs > MOST_MS)
      throw new UsageError('--for must be a time from 1m to 7d, such as 30m or 2h.', 'pause');
    const answer = await (await daemonOf(invocation)).call('pause', { reason, forMs: Math.round(forMs) });
    if (invocation.json) printJson(invocation, answer);
    else invocation.doors.terminal.out(`Services are paused until ${formatMoment(answer.until)}.\n`);
    return 0;
  },
};

export const RESUME_COMMAND: Command = {
  name: 'resume',
  summary: 'Ends a pause before its time',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {},
  async run(invocation) {
    const { wasPaused } = await (await daemonOf(invocation)).call('resume', {});
    if (invocation.json) printJson(invocation, { wasPaused });
    else
      invocation.doors.terminal.out(wasPaused ? 'Services are in the pair’s hands again.\n' : 'Nothing was paused.\n');
    return 0;
  },
};
