import type { AnswerOf } from '../api/requests.ts';
import type { Finding, Identity, Status } from '../api/status.ts';
import { FindingBook } from '../diagnosis/findings.ts';
import { compared, type PreflightReport, withoutRepeats } from '../diagnosis/preflight.ts';
import { fromData, isProblem, Problem, toData } from '../problems/problem.ts';
import { systemClock } from '../system/machine/clock.ts';
import { startThread } from '../system/processes/threads.ts';
import type { PreflightQuestion } from './preflight-here.ts';
import type { PreflightAnswer } from './preflight-worker.ts';

/** Looks at this machine in a thread of its own. @throws Problem as preflightHere; DMN-003 where the thread fails. */
export function preflightAside(question: PreflightQuestion): Promise<PreflightReport> {
  return new Promise((resolve, reject) => {
    const thread = startThread<never, PreflightAnswer>(new URL('./preflight-worker.ts', import.meta.url), question);
    thread.onMessage((answer) => {
      if ('report' in answer) resolve(answer.report);
      else reject(fromData(answer.problem) ?? new Problem('DMN-003', { reason: answer.problem.code }));
    });
    thread.onEnd((error) =>
      reject(new Problem('DMN-003', { reason: error?.message ?? 'the look at this machine ended' })),
    );
  });
}

/** What the two servers found about themselves, and what only shows side by side. Where the other one can't be asked: this one alone. */
export async function preflightBoth(options: {
  readonly own: () => Promise<PreflightReport>;
  /** Asks the other daemon. */
  readonly peer: () => Promise<unknown>;
  /** What both say all the time. */
  readonly lasting: () => readonly Finding[];
  /** How folders are captured on the active server. */
  readonly capture: () => Status['capture'];
}): Promise<AnswerOf<'preflight'>> {
  const [own, peer] = await Promise.all([options.own(), asked(options.peer)]);
  const found = [...own.findings, ...(peer?.findings ?? []), ...(peer === null ? [] : besideOneAnother(own, peer))];
  const active = [own, peer].find((one) => one?.role === 'active') ?? own;
  found.push(...watched(options.capture(), active.identity));
  const known = new Set<string>();
  const lasting = options.lasting();
  const findings = [...lasting, ...withoutRepeats(found, lasting)].filter(({ id }) => !known.has(id) && known.add(id));
  return { findings, servers: peer === null ? [own.identity] : [own.identity, peer.identity] };
}

function besideOneAnother(own: PreflightReport, peer: PreflightReport): Finding[] {
  if (own.role === peer.role) return [];
  const book = new FindingBook();
  const [active, passive] = own.role === 'active' ? [own, peer] : [peer, own];
  for (const problem of compared(active, passive)) book.raise(problem, systemClock.wallMs());
  return book.findings();
}

/** Folders that are watched though nobody asked for it. */
function watched(capture: Status['capture'], server: Identity): Finding[] {
  const book = new FindingBook();
  for (const { folder: path, because } of capture) {
    if (because === undefined) continue;
    const problem = toData(new Problem('CAP-063', { path, because }));
    book.raise({ ...problem, server, item: path, evidence: [] }, systemClock.wallMs());
  }
  return book.findings();
}

/** Null where there is no other server, or one of a release that knows no preflight. */
async function asked(peer: () => Promise<unknown>): Promise<PreflightReport | null> {
  try {
    return (await peer()) as PreflightReport;
  } catch (error) {
    if (isProblem(error)) return null;
    throw error;
  }
}
