import type { Finding, Identity } from '../api/status.ts';
import { type ActiveProblem, FindingBook, type FindingEvent, type FindingKey } from '../diagnosis/findings.ts';
import type { Clock } from '../kernel/clock.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import { WAY_PROBLEMS } from '../problems/way.ts';
import { offered } from './checked-again.ts';

/** What is known of a problem besides its code and values. */
export interface RaiseOptions {
  readonly item?: string | null;
  readonly evidence?: readonly string[];
  readonly action?: string | null;
}

/** Problems of which every other trouble on this server is but a consequence, worst first. */
const ROOT_CAUSES: readonly ProblemCode[] = [
  'IDN-001',
  'CHN-004',
  'CHN-005',
  'CHN-006',
  'CHN-007',
  'CHN-008',
  'CHN-009',
  'CHN-010',
  ...(Object.keys(WAY_PROBLEMS) as (keyof typeof WAY_PROBLEMS)[]).filter((code) => code !== 'CHN-047'),
];
/** What follows from one other problem alone. */
const FOLLOWS: Partial<Readonly<Record<ProblemCode, ProblemCode>>> = { 'CHN-020': 'CHN-039', 'CHN-014': 'CHN-038' };

/** This server's findings and what the other one said of its own, as one list. */
export class FindingBoard {
  readonly #book = new FindingBook();
  readonly #clock: Clock;
  readonly #server: Identity;
  readonly #record: (event: FindingEvent) => void;
  #peer: readonly Finding[] = [];

  constructor(options: { clock: Clock; server: Identity; record: (event: FindingEvent) => void }) {
    this.#clock = options.clock;
    this.#server = options.server;
    this.#record = options.record;
  }

  raise(problem: ProblemData, options: RaiseOptions = {}): void {
    const active: ActiveProblem = {
      code: problem.code,
      parameters: problem.parameters,
      server: this.#server,
      item: options.item ?? null,
      evidence: options.evidence ?? [],
      action: options.action ?? offered(problem.code, options.item ?? null),
    };
    for (const event of this.#book.raise(active, this.#clock.wallMs())) this.#record(event);
    this.#fold(problem.code);
  }

  clear(code: ProblemCode, item: string | null = null): void {
    for (const event of this.#book.clear({ code, server: this.#server, item }, this.#clock.wallMs()))
      this.#record(event);
    this.#fold(code);
  }

  /** Ends every problem with this code, whatever item it is about, but for these. */
  clearAll(code: ProblemCode, but: readonly string[] = []): void {
    const kept = new Set<string | null>(but);
    const ends = (problem: ActiveProblem): boolean => problem.code === code && !kept.has(problem.item);
    for (const event of this.#book.clearWhere(ends, this.#clock.wallMs())) this.#record(event);
    this.#fold(code);
  }

  setPeer(findings: readonly Finding[]): void {
    this.#peer = findings;
  }

  /** What the other one said last of its own. */
  get peer(): readonly Finding[] {
    return this.#peer;
  }

  /** Of this server alone: what the other one is told. */
  own(): Finding[] {
    return this.#book.findings();
  }

  /** Of both; a problem of the channel that both see stands once, as this server sees it. */
  all(): Finding[] {
    const own = this.#book.findings();
    const known = new Set(own.map((finding) => finding.id));
    return [...own, ...this.#peer.filter((finding) => !known.has(finding.id))];
  }

  find(id: string): ActiveProblem | null {
    return this.#book.find(id);
  }

  /** Puts what is but a consequence under its cause, whichever of the two was seen first. */
  #fold(changed: ProblemCode): void {
    if (changed !== 'CHN-003' && !ROOT_CAUSES.includes(changed) && FOLLOWS[changed] === undefined) return;
    const causes = this.#book.where(({ code, item }) => ROOT_CAUSES.includes(code) && !isStranger(item));
    causes.sort((a, b) => ROOT_CAUSES.indexOf(a.code) - ROOT_CAUSES.indexOf(b.code));
    const consequences = this.#book.where(
      ({ code, item }) => code === 'CHN-003' || isStranger(item) || FOLLOWS[code] !== undefined,
    );
    for (const problem of consequences) {
      const only = FOLLOWS[problem.code];
      // A channel that can't be reached is not a second trouble beside the reason why; nor is the same
      // wrong server when it connects itself.
      const parent =
        problem.code === 'CHN-003'
          ? causes[0]
          : causes.find(({ code, item }) => (only === undefined ? isSameHost(item, problem.item) : code === only));
      this.#book.raise({ ...problem, parent: parent === undefined ? null : keyOf(parent) }, this.#clock.wallMs());
    }
  }
}

/** The channel names what an item of its problems is: `route HOST:PORT` or `stranger HOST`. */
const STRANGER = 'stranger ';

function isStranger(item: string | null): boolean {
  return item?.startsWith(STRANGER) === true;
}

function isSameHost(route: string | null, stranger: string | null): boolean {
  return route?.startsWith(`route ${stranger?.slice(STRANGER.length) ?? ''}:`) === true;
}

function keyOf({ code, server, item }: FindingKey): FindingKey {
  return { code, server, item };
}
