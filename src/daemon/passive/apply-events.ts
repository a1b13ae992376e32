import type { ApplyEvent } from '../../apply/host.ts';
import type { QuarantineEntry } from '../../apply/store.ts';
import type { Difference } from '../../changes/difference.ts';
import { toDisplay } from '../../kernel/byte-string.ts';
import { problemEvent } from '../stream/problem-event.ts';
import type { FromStream } from '../stream/thread-messages.ts';

const SAID: Readonly<Record<Difference['kind'], string>> = {
  missing: 'missing',
  type: 'of another type',
  content: 'its content differed',
  attributes: 'its mode, owner, times, flags or extended attributes differed',
  ranges: 'its content differed',
  suspect: 'its size or times differed',
  orphan: 'not on the active server',
};

/** Brings what Apply did to the history and the findings. */
export function tellApplyEvent(event: ApplyEvent, toMain: (message: FromStream) => void): void {
  switch (event.kind) {
    case 'difference': {
      const path = toDisplay(event.path);
      const difference = saidOfDifference(event);
      const problem = { code: 'CHK-001', parameters: { path, difference } } as const;
      return toMain({ kind: 'event', event: problemEvent(problem, path) });
    }
    case 'repaired':
      return tell(toMain, `Repaired: ${toDisplay(event.path)}`, toDisplay(event.path));
    case 'moved':
      return tell(toMain, `Moved from ${toDisplay(event.from)} to ${toDisplay(event.path)}`, toDisplay(event.path));
    case 'quarantined': {
      const path = toDisplay(event.entry.path);
      if (event.entry.why === 'orphan') return tellOrphan(toMain, path, 'quarantine');
      return tell(toMain, `Set aside in the quarantine (${event.entry.why}): ${path}`, path);
    }
    case 'restored': {
      const path = toDisplay(event.entry.path);
      return tell(toMain, `Restored from the quarantine: ${path}, as ${toDisplay(event.to)}`, path);
    }
    case 'purged':
      return tellPurged(event.entries, toMain);
    case 'orphan':
      return tellOrphan(toMain, toDisplay(event.path), event.action);
    case 'problem':
      return toMain({
        kind: 'problem',
        problem: event.problem,
        item: event.path === null ? null : toDisplay(event.path),
        evidence: [],
        action: null,
      });
    case 'cleared': {
      const path = event.problem.parameters['path'];
      return toMain({ kind: 'cleared', code: event.problem.code, item: typeof path === 'string' ? path : null });
    }
    case 'held':
    case 'released':
    case 'meddled':
  }
}

/** How an item differed, for people. */
export function saidOfDifference({ difference, values }: Extract<ApplyEvent, { kind: 'difference' }>): string {
  return values?.join(', ') ?? SAID[difference];
}

function tellOrphan(toMain: (message: FromStream) => void, path: string, policy: string): void {
  const problem = { code: 'CHK-002', parameters: { path, policy } } as const;
  toMain({ kind: 'event', event: problemEvent(problem, path) });
}

/** One that was named is named; all of them are a number. */
function tellPurged(entries: readonly QuarantineEntry[], toMain: (message: FromStream) => void): void {
  const [first] = entries;
  const only = entries.length === 1 && first !== undefined ? toDisplay(first.path) : null;
  tell(toMain, `Removed from the quarantine for good: ${only ?? `${String(entries.length)} entries`}`, only);
}

function tell(toMain: (message: FromStream) => void, text: string, item: string | null): void {
  toMain({ kind: 'event', event: { code: null, level: 'information', text, item } });
}
