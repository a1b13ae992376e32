import type { Role } from '../../api/status.ts';
import { DailyDue, type Moment } from '../../check/daily-due.ts';
import type { Cancel, Clock, Timers } from '../../kernel/clock.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { Problem } from '../../problems/problem.ts';
import type { CheckOutcome } from '../passive/check-follower.ts';
import { endOfCheck, sayCheck } from './check-events.ts';
import { CheckOutcomes, givenUp } from './check-outcomes.ts';
import type { EventHistory } from './event-history.ts';
import type { CheckRequest, ToStream } from '../stream/thread-messages.ts';

export interface ChecksOptions {
  readonly role: Role;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly history: Pick<EventHistory, 'own'>;
  /** To this server's stream worker; false where there is none now. */
  readonly post: (message: ToStream) => boolean;
  readonly registry: {
    readonly isConfigured: boolean;
    /** Has them checked; false where that can't be now. @throws Problem REG-006 */
    check(id: number, repair: boolean): boolean;
  };
  /** Of the other server; null while it is not connected. */
  readonly peerRole: () => Role | null;
  /** Has the other daemon, which is the active one, start it. @returns its number. */
  readonly askActive: (request: CheckRequest) => Promise<number>;
  /** @throws Problem DMN-006 */
  readonly expectProtected: (path: string) => void;
  /** Time of day of the daily check, as set now; null for none. */
  readonly schedule: () => string | null;
}

interface StartedCheck {
  readonly what: string;
  readonly at: MonotonicMs;
}

/** The checks somebody asks for, and the daily one: started on the active server, whichever is asked. */
export class Checks {
  readonly #options: ChecksOptions;
  readonly #outcomes = new CheckOutcomes();
  /** What was started here and has not ended. */
  readonly #started = new Map<number, StartedCheck>();
  #nextId: number;
  #daily: DailyDue | null = null;
  #cancelDaily: Cancel | null = null;

  constructor(options: ChecksOptions) {
    this.#options = options;
    // Numbers of checks of earlier runs must not come again while the peer may remember them.
    this.#nextId = (Math.floor(options.clock.wallMs() / 1000) % 1_000_000) * 1000 + 1;
  }

  /** @returns its number. @throws Problem DMN-001, DMN-002, DMN-006, REG-006 */
  async start(request: CheckRequest): Promise<number> {
    const { role, peerRole, expectProtected, askActive } = this.#options;
    const other = peerRole();
    if (other === null) throw new Problem('DMN-002', { reason: 'the other server is not connected' });
    if (other === role) throw new Problem('DMN-002', { reason: `both servers are ${role}` });
    for (const path of request.paths ?? []) expectProtected(path);
    if (role === 'passive') return await askActive(request);
    const id = this.#nextId++;
    if (!this.#post(id, request)) {
      throw new Problem('DMN-002', { reason: 'replication is being started again' });
    }
    const what = sayCheck(request);
    this.#started.set(id, { what, at: this.#options.clock.monotonicMs() });
    this.#options.history.own({ level: 'information', text: `Started: ${what}` });
    return id;
  }

  #post(id: number, request: CheckRequest): boolean {
    const { registry, post } = this.#options;
    return request.registry === true ? registry.check(id, request.repair) : post({ kind: 'check', id, request });
  }

  /** Starts a full check of everything; where it can't run, the history says why. */
  everything(what: string): void {
    const request = { mode: 'full', repair: true, paths: null } as const;
    for (const one of this.#options.registry.isConfigured ? [request, { ...request, registry: true }] : [request]) {
      this.start(one).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.history.own({ level: 'warning', text: `${what} could not run: ${reason}` });
      });
    }
  }

  /** What came of a check; at once where it ended already. */
  outcome(check: number, signal: AbortSignal): Promise<CheckOutcome> {
    return this.#outcomes.wait(check, signal);
  }

  ended(outcome: CheckOutcome): void {
    this.#tellEnd(outcome);
    this.#outcomes.ended(outcome);
  }

  /** Nothing that runs will end any more. */
  abandon(): void {
    for (const check of Array.from(this.#started.keys())) this.#tellEnd(givenUp(check));
    this.#outcomes.abandon();
  }

  /** The active server tells, which has started it. One of everything that nobody asked for is told, too, when it is through. */
  #tellEnd(outcome: CheckOutcome): void {
    const { role, clock, history } = this.#options;
    const started = this.#started.get(outcome.check);
    this.#started.delete(outcome.check);
    if (started !== undefined) {
      history.own(endOfCheck(started.what, outcome, clock.monotonicMs() - started.at));
    } else if (role === 'active' && outcome.complete && outcome.finished) {
      history.own(endOfCheck('check of everything', outcome, outcome.tookMs ?? null));
    }
  }

  /** From now on the daily check comes at the time that is set now. */
  schedule(): void {
    const time = this.#options.role === 'active' ? this.#options.schedule() : null;
    if (time !== this.#daily?.time) this.#daily = time === null ? null : new DailyDue(time, this.#moment);
    this.#lookAtDaily();
  }

  /** Somebody set the wall clock, or the machine was suspended. */
  clockWasSet(): void {
    this.#lookAtDaily();
  }

  stop(): void {
    this.#cancelDaily?.();
    this.abandon();
  }

  #lookAtDaily(): void {
    this.#cancelDaily?.();
    if (this.#daily?.take(this.#moment) === true) this.everything('The daily check');
    const waitMs = this.#daily?.waitMs(this.#moment) ?? null;
    if (waitMs !== null) this.#cancelDaily = this.#options.timers.after(waitMs, () => this.#lookAtDaily());
  }

  get #moment(): Moment {
    const { clock } = this.#options;
    return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
  }
}
