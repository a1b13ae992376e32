import type { Finding } from '../api/status.ts';
import type { ProblemCode } from '../problems/problem.ts';
import { WAY_PROBLEMS } from '../problems/way.ts';
import { LISTENS } from './holders.ts';

/** What follows from what: where a cause is found, its consequences are shown under it. */
interface Rule {
  readonly consequences: readonly ProblemCode[];
  /** What most likely is the cause, first. */
  readonly causes: readonly ProblemCode[];
  /** Whose finding the cause is, as seen from the consequence. */
  readonly of: 'same server' | 'other server';
  /** How the two must belong together besides; where it is left out they always do. */
  readonly isAbout?: (consequence: Finding, cause: Finding) => boolean;
}

/** Why the servers are not connected, worst first. */
const NOT_CONNECTED: readonly ProblemCode[] = [
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
/** Why the passive server applies, or takes, nothing more. */
const STANDS_STILL: readonly ProblemCode[] = ['APL-020', 'APL-030', 'APL-041', 'SYS-012', 'JRN-003', 'L20', 'N29'];
/** What uses the passive server's files and must not run there. */
const STRAYS: readonly ProblemCode[] = ['SVC-010', 'SVC-018', 'SVC-021'];

const isOfThisServer = (_: Finding, cause: Finding): boolean => !isStranger(cause);

/** No code is, by whatever way, a consequence of itself; strangers aside, which are causes of nothing. */
export const RULES: readonly Rule[] = [
  { consequences: ['CHN-003'], causes: NOT_CONNECTED, of: 'same server', isAbout: isOfThisServer },
  // The wrong server that is reached there also connects itself.
  { consequences: NOT_CONNECTED, causes: NOT_CONNECTED, of: 'same server', isAbout: isSameHost },
  { consequences: ['CHN-014'], causes: ['CHN-038'], of: 'same server', isAbout: isOfThisServer },
  { consequences: ['CHN-020', 'CHN-021'], causes: ['CHN-039'], of: 'same server' },
  { consequences: ['DMN-005', 'DMN-007'], causes: ['CHN-010'], of: 'same server' },
  { consequences: ['RPL-002'], causes: [...NOT_CONNECTED, 'CHN-003'], of: 'same server', isAbout: isOfThisServer },
  {
    consequences: ['JRN-006', 'L9'],
    causes: [...NOT_CONNECTED, 'CHN-003'],
    of: 'same server',
    isAbout: keepsFromSending,
  },
  { consequences: ['JRN-006', 'L9'], causes: STANDS_STILL, of: 'same server' },
  { consequences: ['JRN-006', 'L9'], causes: STANDS_STILL, of: 'other server', isAbout: isOfSendQueue },
  { consequences: ['DIA-001'], causes: [...STANDS_STILL, 'L9'], of: 'other server' },
  { consequences: ['APL-009'], causes: ['CAP-002', 'CHK-004'], of: 'other server', isAbout: isSameItem },
  { consequences: ['APL-009'], causes: ['APL-010', 'APL-002'], of: 'same server', isAbout: isSameItem },
  { consequences: ['APL-021'], causes: ['CAP-001'], of: 'other server', isAbout: isSameItem },
  { consequences: ['N29', 'APL-002'], causes: STRAYS, of: 'same server', isAbout: namesCause },
  { consequences: ['N29'], causes: ['DIA-021'], of: 'same server', isAbout: isDeniedThere },
];

/** One list of the findings of both servers: worst first, then oldest; what follows from another right after it. Pure. */
export function underTheirCauses(findings: readonly Finding[]): Finding[] {
  const byCode = Map.groupBy(findings, ({ code }) => code);
  const sorted = [...findings].sort(compare).map((one) => ({ ...one, parent: causeOf(one, byCode)?.id ?? null }));
  const byParent = Map.groupBy(sorted, ({ parent }) => parent);
  const withConsequences = (one: Finding): Finding[] => [
    one,
    ...(byParent.get(one.id) ?? []).flatMap(withConsequences),
  ];
  return (byParent.get(null) ?? []).flatMap(withConsequences);
}

function causeOf(finding: Finding, byCode: ReadonlyMap<string, readonly Finding[]>): Finding | null {
  for (const { consequences, causes, of, isAbout = () => true } of RULES) {
    if (!(consequences as readonly string[]).includes(finding.code)) continue;
    const isCause = (cause: Finding): boolean =>
      (cause.server === finding.server) === (of === 'same server') && isAbout(finding, cause);
    for (const code of causes) {
      const cause = byCode.get(code)?.find(isCause);
      if (cause !== undefined) return cause;
    }
  }
  return null;
}

const ORDER: Readonly<Record<Finding['severity'], number>> = { error: 0, warning: 1, information: 2 };

function compare(one: Finding, other: Finding): number {
  return ORDER[one.severity] - ORDER[other.severity] || Date.parse(one.since) - Date.parse(other.since);
}

/** The channel names what an item of its problems is: `route HOST:PORT` or `stranger HOST`. */
const STRANGER = 'stranger ';

function isStranger({ item }: Finding): boolean {
  return item?.startsWith(STRANGER) === true;
}

function isSameHost(stranger: Finding, cause: Finding): boolean {
  return (
    isStranger(stranger) && cause.item?.startsWith(`route ${stranger.item?.slice(STRANGER.length) ?? ''}:`) === true
  );
}

function isSameItem(consequence: Finding, cause: Finding): boolean {
  return consequence.item === cause.item;
}

function isOfSendQueue({ cause }: Finding): boolean {
  return cause.startsWith('The send queue ');
}

/** The other queue fills whether or not the servers are connected. */
function keepsFromSending(queue: Finding, cause: Finding): boolean {
  return isOfSendQueue(queue) && !isStranger(cause);
}

/** Does the evidence name the service or program that is the cause? */
function namesCause({ evidence }: Finding, { item }: Finding): boolean {
  return evidence.some((one) => one.includes(`, unit ${item ?? ''})`) || one.startsWith(`${item ?? ''} (process `));
}

/** Is the file kept from being opened, by who decides about the folder that it lies in? */
function isDeniedThere(file: Finding, folder: Finding): boolean {
  const within = folder.item === '/' ? '/' : `${folder.item ?? ''}/`;
  return file.item?.startsWith(within) === true && file.evidence.some((one) => one.includes(LISTENS));
}
