import type { Finding, Identity } from '../../api/status.ts';
import { type ActiveProblem, FindingBook, type FindingEvent } from '../../diagnosis/findings.ts';
import { underTheirCauses } from '../../diagnosis/root-causes.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ProblemCode, ProblemData } from '../../problems/problem.ts';
import { offered } from './checked-again.ts';

/** What both servers raise of one thing that was done to the pair, each with its own time. */
const OF_THE_PAIR: readonly ProblemCode[] = ['SVC-020'];

/** What is known of a problem besides its code and values. */
export interface RaiseOptions {
  readonly item?: string | null;
  readonly evidence?: readonly string[];
  readonly action?: string | null;
}

/** This server's findings and what the other one said of its own, as one list. */
export class FindingBoard {
  readonly #book = new FindingBook();
  readonly #clock: Clock;
  readonly #server: Identity;
  readonly #record: (event: FindingEvent) => void;
  #peer: readonly Finding[] = [];
  #isStopped = false;

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
  }

  /** Nothing ends any more: parts that are stopped let go of what they told, and it lasts all the same. */
  stop(): void {
    this.#isStopped = true;
  }

  /** @param text - what the history is told, where there is more to say than that it is over. */
  clear(code: ProblemCode, item: string | null = null, text: string | null = null): void {
    if (this.#isStopped) return;
    for (const event of this.#book.clear({ code, server: this.#server, item }, this.#clock.wallMs(), text))
      this.#record(event);
  }

  /** Ends every problem with this code, whatever item it is about, but for these. */
  clearAll(code: ProblemCode, but: readonly string[] = []): void {
    if (this.#isStopped) return;
    const kept = new Set<string | null>(but);
    const ends = (problem: ActiveProblem): boolean => problem.code === code && !kept.has(problem.item);
    for (const event of this.#book.clearWhere(ends, this.#clock.wallMs())) this.#record(event);
  }

  setPeer(findings: readonly Finding[]): void {
    this.#peer = findings;
  }

  /** Of this server alone: what the other one is told. */
  own(): Finding[] {
    return this.#book.findings();
  }

  /** Of both, each under its cause; what both see of the channel or of the pair stands once, as this server sees it. */
  all(): Finding[] {
    const own = this.#book.findings();
    const known = new Set(own.map((finding) => finding.id));
    const told = new Set(own.filter(isOfThePair).map(wordsOf));
    const isNews = (finding: Finding): boolean =>
      !known.has(finding.id) && !(isOfThePair(finding) && told.has(wordsOf(finding)));
    return underTheirCauses([...own, ...this.#peer.filter(isNews)]);
  }

  /** Is there a problem of this server with that code? */
  has(code: ProblemCode): boolean {
    return this.#book.where((problem) => problem.code === code).length > 0;
  }

  find(id: string): ActiveProblem | null {
    return this.#book.find(id);
  }
}

function isOfThePair({ code }: Finding): boolean {
  return (OF_THE_PAIR as readonly string[]).includes(code);
}

/** But for times: each server measured its own. */
function wordsOf({ code, cause }: Finding): string {
  return `${code} ${cause.replace(/\d{4}-\d\d-\d\d [\d:]+Z/g, '')}`;
}
