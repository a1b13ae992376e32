import type { EventRecord } from '../../api/requests.ts';
import type { Identity } from '../../api/status.ts';
import type { FindingEvent } from '../../diagnosis/findings.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ProblemData } from '../../problems/problem.ts';
import type { StreamEvent } from '../stream/thread-messages.ts';

export interface EventQuery {
  readonly sinceMs?: number | undefined;
  readonly code?: string | undefined;
  readonly limit: number;
}

/** Where events are kept, without waiting for it; `event-thread.ts` in a daemon. */
export interface EventKeeper {
  append(event: FindingEvent | PlainEvent): void;
  find(query: EventQuery): Promise<EventRecord[]>;
  /** Calls when events begin to be missing (DIA-003), and with null when they do no more. */
  onTrouble(action: (trouble: ProblemData | null) => void): void;
}

/** An event that comes from no finding. */
export interface PlainEvent {
  readonly atMs: number;
  readonly server: Identity;
  readonly level: 'error' | 'warning' | 'information';
  readonly code: string | null;
  readonly text: string;
  readonly item: string | null;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** The history of the pair as one server keeps it: its own events, and those the other one told it of. */
export class EventHistory {
  readonly #keeper: EventKeeper;
  readonly #clock: Clock;
  readonly #server: Identity;
  readonly #tellPeer: (event: PlainEvent) => void;

  constructor(options: { keeper: EventKeeper; clock: Clock; server: Identity; tellPeer: (event: PlainEvent) => void }) {
    this.#keeper = options.keeper;
    this.#clock = options.clock;
    this.#server = options.server;
    this.#tellPeer = options.tellPeer;
  }

  /** Of a finding that began or ended here. */
  finding(event: FindingEvent): void {
    this.#keeper.append(event);
    this.#tellPeer(event);
  }

  /** Of the stream worker of this server. */
  stream(event: StreamEvent): void {
    this.own({ level: event.level, code: event.code, text: event.text, item: event.item });
  }

  own(event: Pick<PlainEvent, 'level' | 'text'> & Partial<Pick<PlainEvent, 'code' | 'item' | 'details'>>): void {
    const whole: PlainEvent = {
      atMs: this.#clock.wallMs(),
      server: this.#server,
      level: event.level,
      code: event.code ?? null,
      text: event.text,
      item: event.item ?? null,
      details: event.details ?? {},
    };
    this.#keeper.append(whole);
    this.#tellPeer(whole);
  }

  /** Told by the other server. */
  peer(event: PlainEvent): void {
    this.#keeper.append(event);
  }

  find(request: { since?: string | undefined; code?: string | undefined; limit: number }): Promise<EventRecord[]> {
    const sinceMs = request.since === undefined ? undefined : Date.parse(request.since);
    return this.#keeper.find({ sinceMs, code: request.code, limit: request.limit });
  }
}

/** Events are missing from the history, or are kept again. */
export function tellHistory(
  trouble: ProblemData | null,
  findings: { raise(problem: ProblemData): void; clear(code: 'DIA-003'): void },
): void {
  if (trouble === null) findings.clear('DIA-003');
  else findings.raise(trouble);
}
