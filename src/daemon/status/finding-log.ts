import type { FindingEvent } from '../../diagnosis/findings.ts';
import type { Log } from '../../kernel/log.ts';

const LEVELS = { error: 'error', warning: 'warn', information: 'info' } as const;

/** A finding that began or ended, as a line of the log. */
export function logFinding(log: Log, event: FindingEvent): void {
  log[LEVELS[event.level]](event.text, { code: event.code, item: event.item, ...event.details });
}
