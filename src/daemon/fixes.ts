import type { ActiveProblem } from '../diagnosis/findings.ts';
import { isProblem, Problem, type ProblemCode } from '../problems/problem.ts';
import type { FindingBoard } from './finding-board.ts';
import type { DaemonView } from './handlers.ts';
import type { ToStream } from './thread-messages.ts';

/** What `fix` does about a finding: the message that has it done, and what is said then. */
function fixOf({ code, item }: ActiveProblem): { message: ToStream; done: string } | null {
  switch (code) {
    case 'APL-003':
      return { message: { kind: 'adopt' }, done: 'Replication goes on; what is replaced goes to the quarantine.' };
    case 'APL-020':
    case 'APL-021':
      return item === null
        ? null
        : {
            message: { kind: 'confirmLoss', folder: item },
            done: 'The loss is taken over; what only the passive server has is treated as the setting orphans says.',
          };
    default:
      return null;
  }
}

/** Findings about one item that a check of it ends, where what was in the way is gone. */
const CHECKED_AGAIN: readonly ProblemCode[] = ['APL-001', 'CAP-002', 'CHK-004'];

/** What `fix` offers of its own for a problem, in words; null where nothing is to be done for it from here. */
export function offered(code: ProblemCode, item: string | null): string | null {
  return isCheckedAgain(code, item) ? 'check this item again now' : null;
}

function isCheckedAgain(code: ProblemCode, item: string | null): item is string {
  return item?.startsWith('/') === true && CHECKED_AGAIN.includes(code);
}

/**
 * Carries out what a finding of this server offers.
 * @param post - hands a message to the stream worker; false when there is none.
 * @returns what was done.
 * @throws Problem DMN-004 where there is nothing to carry out.
 */
export function carryOut(
  id: string,
  findings: Pick<FindingBoard, 'find' | 'clear' | 'clearAll'>,
  post: (message: ToStream) => boolean,
  daemon: Pick<DaemonView, 'startCheck'>,
): string {
  const problem = findings.find(id);
  if (problem !== null && isCheckedAgain(problem.code, problem.item)) {
    // What comes of it shows: the finding ends, or stays. Where no check can begin now, it stays as well.
    void daemon.startCheck({ mode: 'full', repair: true, paths: [problem.item] }).catch(keepFinding);
    return 'It is checked again now; the finding ends where it is equal.';
  }
  const fix = problem === null ? null : fixOf(problem);
  if (problem === null || fix === null || !post(fix.message)) throw new Problem('DMN-004', { id });
  if (problem.item === null) findings.clearAll(problem.code);
  else findings.clear(problem.code, problem.item);
  return fix.done;
}

function keepFinding(error: unknown): void {
  if (!isProblem(error)) throw error;
}
