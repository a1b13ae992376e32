import type { ApiClient } from '../../api/client.ts';
import type { Status } from '../../api/status.ts';
import { isProblem, Problem } from '../../problems/problem.ts';
import { type Command, type Invocation, printJson, UsageError } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { parseDurationMs } from '../quantity.ts';
import { cut, safe } from '../shown-text.ts';
import { type ScreenOptions, statusScreen } from '../status-screen.ts';
import { isFullySynchronized, pause, statusAmiss, waitForStatus } from '../waiting.ts';

const WAIT_TIMEOUT_MS = 60_000;
const REDRAW_EVERY_MS = 1_000;

export const STATUS_COMMAND: Command = {
  name: 'status',
  summary: 'Shows whether the two servers are in sync, and if not why',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {
    watch: { summary: 'redraw every second until Ctrl-C' },
    wait: { value: 'synchronized', summary: 'wait until file system and registry are Synchronized' },
    timeout: { value: 'DURATION', summary: 'longest wait, such as 500ms, 60s, 5m (default 60s)' },
    'exit-code': { summary: 'exit 1 unless Synchronized or Synchronized and busy processing' },
  },
  async run(invocation) {
    const { flags } = invocation;
    const timeoutMs = waitTimeoutMs(invocation);
    if (flags.isSet('watch') && (invocation.json || timeoutMs !== null)) {
      throw new UsageError('--watch goes with neither --json nor --wait.', 'status');
    }
    const daemon = await daemonOf(invocation);
    if (flags.isSet('watch')) return await watch(invocation, daemon);
    const status = timeoutMs === null ? await daemon.call('status', {}) : await waited(invocation, daemon, timeoutMs);
    show(invocation, status);
    if (timeoutMs !== null && !isFullySynchronized(status)) {
      throw new Problem('CLI-006', { status: statusWords(status), wanted: 'Synchronized', waitedMs: timeoutMs });
    }
    const amiss = flags.isSet('exit-code') ? statusAmiss(status) : null;
    if (amiss !== null) throw new Problem('CLI-007', amiss);
    return 0;
  },
};

/** Of both, where the registry's is not what it should be. */
function statusWords({ fileSystem, registry }: Status): string {
  const isWell = registry.status === 'Synchronized' || registry.status === 'Not protected';
  return isWell ? fileSystem.status : `${fileSystem.status}, and the Registry Status ${registry.status},`;
}

function waitTimeoutMs(invocation: Invocation): number | null {
  const wanted = invocation.flags.text('wait');
  const timeout = invocation.flags.text('timeout');
  if (wanted === null) {
    if (timeout !== null) throw new UsageError('--timeout goes with --wait synchronized.', 'status');
    return null;
  }
  if (wanted.toLowerCase() !== 'synchronized') {
    throw new UsageError(`--wait knows only synchronized, not ${wanted}.`, 'status');
  }
  const timeoutMs = timeout === null ? WAIT_TIMEOUT_MS : parseDurationMs(timeout);
  if (timeoutMs === null) throw new UsageError(`--timeout must be like 500ms, 60s or 5m, not ${timeout}.`, 'status');
  return timeoutMs;
}

async function waited(invocation: Invocation, daemon: ApiClient, timeoutMs: number): Promise<Status> {
  const { clock, timers } = invocation.doors;
  const ask = () => daemon.call('status', {});
  return (await waitForStatus({ ask, holds: isFullySynchronized, timeoutMs, clock, timers })).status;
}

function show(invocation: Invocation, status: Status): void {
  if (invocation.json) return printJson(invocation, status);
  const { terminal } = invocation.doors;
  const columns = terminal.size().columns;
  terminal.out(`${statusScreen(status, { columns, colour: terminal.colour }).join('\n')}\n`);
}

/** Overwrites line by line, so that nothing flickers; the cursor is hidden meanwhile. */
async function watch(invocation: Invocation, daemon: ApiClient): Promise<number> {
  const { terminal, timers } = invocation.doors;
  const ended = new AbortController();
  const cancel = terminal.onInterrupt(() => ended.abort());
  if (terminal.outIsScreen) terminal.out('\x1b[?25l\x1b[2J');
  try {
    while (!ended.signal.aborted) {
      const { columns, rows } = terminal.size();
      const lines = await screenNow(daemon, {
        columns,
        colour: terminal.colour,
        ...(terminal.outIsScreen ? { rows } : {}),
      });
      if (ended.signal.aborted) break;
      if (terminal.outIsScreen) terminal.out(redrawn(lines, { columns, rows }));
      else terminal.out(`${lines.join('\n')}\n\n`);
      await pause(timers, REDRAW_EVERY_MS, ended.signal);
    }
    return 0;
  } finally {
    cancel();
    if (terminal.outIsScreen) terminal.out('\x1b[?25h\n');
  }
}

async function screenNow(daemon: ApiClient, options: ScreenOptions): Promise<string[]> {
  try {
    return statusScreen(await daemon.call('status', {}), options);
  } catch (error) {
    // The screen outlives a restart of the daemon.
    if (isProblem(error)) return [`[${error.code}] ${safe(error.message)}`, '', 'Trying again.'];
    throw error;
  }
}

/** The sequence that replaces what stands on the screen. Pure. */
export function redrawn(lines: readonly string[], size: { readonly columns: number; readonly rows: number }): string {
  const shown =
    lines.length < size.rows
      ? lines
      : [...lines.slice(0, size.rows - 2), `… ${lines.length - size.rows + 2} more lines`];
  return `\x1b[H${shown.map((line) => `${cut(line, size.columns)}\x1b[K\n`).join('')}\x1b[J`;
}
