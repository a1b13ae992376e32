import type { AnswerOf, CheckResult } from '../../api/requests.ts';
import type { CheckProgress } from '../../api/status.ts';
import { Problem } from '../../problems/problem.ts';
import { type Command, type Invocation, printJson, UsageError } from '../command.ts';
import { daemonOf, protectedPath } from '../configuration.ts';
import { progressBar, progressFigures } from '../progress-text.ts';
import { formatNumberOf } from '../../kernel/count-text.ts';
import { formatBytes } from '../../kernel/size-text.ts';
import { cut, table } from '../shown-text.ts';

const PLAIN_LINE_EVERY_MS = 5_000;
const EXAMPLES_SHOWN = 20;
const INTERRUPTED = 1;

export const CHECK_COMMAND: Command = {
  name: 'check',
  summary: 'Verifies every protected item on the passive server and repairs what differs',
  operands: '[PATH…]',
  operandsMin: 0,
  operandsMax: 100,
  flags: {
    fast: { summary: 'compare sizes, times and attributes; read only what differs' },
    'verify-only': { summary: 'repair nothing; exit 1 on differences' },
    registry: { summary: 'only the protected registries' },
  },
  async run(invocation) {
    const { flags, doors } = invocation;
    const registry = flags.isSet('registry');
    if (registry && (flags.isSet('fast') || invocation.operands.length > 0)) {
      throw new UsageError('--registry goes with neither --fast nor a PATH.', 'check');
    }
    const daemon = await daemonOf(invocation);
    const ended = new AbortController();
    const cancel = doors.terminal.onInterrupt(() => ended.abort());
    const verifyOnly = flags.isSet('verify-only');
    try {
      const parts = daemon.stream(
        'check',
        {
          mode: flags.isSet('fast') ? 'fast' : 'full',
          verifyOnly,
          ...(registry ? { registry } : {}),
          paths: invocation.operands.map((path) => protectedPath(invocation, path)),
        },
        { signal: ended.signal },
      );
      const result = await follow(invocation, parts);
      return conclude(invocation, result, verifyOnly);
    } catch (error) {
      if (!ended.signal.aborted) throw error;
      doors.terminal.error('The check goes on in the daemon; see understudy status.\n');
      return INTERRUPTED;
    } finally {
      cancel();
    }
  },
};

/** A bar where standard error is a screen, else a line now and then; with `--json` only the bar. */
async function follow(invocation: Invocation, parts: AsyncIterable<AnswerOf<'check'>>): Promise<CheckResult> {
  const { terminal, clock } = invocation.doors;
  let nextLineAt = -Infinity;
  let drawn = false;
  try {
    for await (const part of parts) {
      if (part.kind === 'result') return part;
      if (terminal.errorIsScreen) {
        terminal.error(`\r${barLine(part.progress, terminal.size().columns)}\x1b[K`);
        drawn = true;
      } else if (!invocation.json && clock.monotonicMs() >= nextLineAt) {
        terminal.error(`${plainLine(part.progress)}\n`);
        nextLineAt = clock.monotonicMs() + PLAIN_LINE_EVERY_MS;
      }
    }
  } finally {
    if (drawn) terminal.error('\r\x1b[K');
  }
  throw new Problem('CLI-012', {});
}

function barLine(progress: CheckProgress, columns: number): string {
  return cut(`${progressBar(progress)}  ${progressFigures(progress)}`, columns - 1);
}

function plainLine(progress: CheckProgress): string {
  return `${progress.kind} check: ${progressFigures(progress)}`;
}

function conclude(invocation: Invocation, result: CheckResult, verifyOnly: boolean): number {
  if (invocation.json) printJson(invocation, result);
  else invocation.doors.terminal.out(`${resultLines(result).join('\n')}\n`);
  if (!result.finished || result.unreadable > 0)
    throw new Problem('CLI-009', { reason: result.reason ?? 'a newer one began' });
  // What the settings leave in place is told, and no failure.
  if (verifyOnly && result.differences > 0) throw new Problem('CLI-010', { count: result.differences });
  const refused = verifyOnly ? 0 : result.differences - result.repaired - result.left;
  if (refused > 0) throw new Problem('CLI-016', { count: refused });
  return 0;
}

function resultLines(result: CheckResult): string[] {
  const checked = `${formatNumberOf(result.itemsChecked, 'item')} (${formatBytes(result.bytesChecked)}) checked`;
  const left =
    result.left === 0
      ? ''
      : `, ${formatNumberOf(result.left, 'item')} only on the passive server and left there (orphans: log)`;
  const unread =
    result.unreadable === 0
      ? ''
      : `; ${formatNumberOf(result.unreadable, 'item')} could not be read on the active server (see understudy files --out-of-sync)`;
  const found =
    result.differences === 0
      ? result.unreadable === 0
        ? 'all equal'
        : 'no difference'
      : `${formatNumberOf(result.differences, 'difference')}, ${formatNumberOf(result.repaired, 'item')} repaired${left}`;
  const shown = result.examples.slice(0, EXAMPLES_SHOWN).map(({ path, what }) => [`  ${path}`, what]);
  const more = result.differences - shown.length;
  return [
    `${checked}: ${found}${unread}.`,
    ...table(shown),
    ...(more > 0 && shown.length > 0 ? [`  and ${more} more`] : []),
  ];
}
