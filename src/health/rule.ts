/** What is asked of an application. */
export type Question =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'command'; readonly command: readonly string[] }
  /** Of the machine: may what is measured be above `max`? */
  | { readonly kind: 'disk'; readonly path: string; readonly max: number }
  | { readonly kind: 'memory'; readonly max: number }
  | { readonly kind: 'load'; readonly max: number };

/** One thing that is looked at again and again, and when it counts as bad. */
export interface HealthRule {
  /** Unique among them. */
  readonly name: string;
  readonly question: Question;
  /** A protected service whose failure it is, too; null where it is nobody's. */
  readonly service: string | null;
  readonly intervalMs: number;
  /** Longer is no answer. */
  readonly timeoutMs: number;
  /** It is bad after so many bad answers in a row … */
  readonly times: number;
  /** … over at least so long. */
  readonly forMs: number;
  /** Once bad it stays so until somebody says otherwise, whatever the answers. */
  readonly isLatched: boolean;
}

/** `Suspended`: it is not asked at the moment. */
export type HealthState = 'Good' | 'Failing' | 'Bad' | 'Suspended';

/** Is it asked of the application, which runs on the active server alone, and not of the machine? */
export function isProbe({ question }: HealthRule): boolean {
  return question.kind === 'http' || question.kind === 'tcp' || question.kind === 'command';
}
