import type { CheckOutcome } from '../passive/check-follower.ts';
import type { PlainEvent } from '../status/event-history.ts';
import type { CallMessage } from './peer-calls.ts';
import type { SideReport } from '../status/side-report.ts';

/** What the two daemons tell each other over the control connection once a session stands. */
export type PeerMessage =
  | { readonly kind: 'report'; readonly report: SideReport }
  | CallMessage
  | { readonly kind: 'event'; readonly event: PlainEvent }
  | { readonly kind: 'checkEnded'; readonly outcome: CheckOutcome }
  /** The pair settings of the active server, whole. */
  | { readonly kind: 'settings'; readonly version: number; readonly text: string }
  /** They were taken over: both servers hold this text. */
  | { readonly kind: 'settingsTaken'; readonly version: number };

const KINDS: ReadonlySet<string> = new Set([
  'report',
  'call',
  'answer',
  'event',
  'checkEnded',
  'settings',
  'settingsTaken',
]);

/**
 * Takes a message of the authenticated peer. Its release may be newer: unknown kinds are passed over.
 * @returns null where it is none this release knows.
 */
export function asPeerMessage(value: unknown): PeerMessage | null {
  if (typeof value !== 'object' || value === null) return null;
  const kind = (value as { kind?: unknown }).kind;
  return typeof kind === 'string' && KINDS.has(kind) ? (value as PeerMessage) : null;
}
