import { type Exclusion, exclusionWords } from '../../diagnosis/exclusion.ts';
import type { ActiveProblem } from '../../diagnosis/findings.ts';
import { isProblem, Problem } from '../../problems/problem.ts';
import { isCheckedAgain } from './checked-again.ts';
import type { FindingBoard } from './finding-board.ts';
import type { DaemonView } from './handlers.ts';
import type { ToStream } from '../stream/thread-messages.ts';

type Fix = { readonly done: string } & (
  | { readonly message: ToStream }
  | { readonly store: string }
  | { readonly latch: string }
  | { readonly program: string }
);

/** What `fix` does about a finding: the message that has it done, and what is said then. */
function fixOf({ code, item }: ActiveProblem): Fix | null {
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
    case 'REG-010':
      return item === null
        ? null
        : {
            store: item,
            done: 'The registry is made equal; what is replaced is kept as a .reg file in the state folder.',
          };
    case 'SVC-021':
      return item === null ? null : { program: item, done: 'It is asked to end; the finding ends once it has.' };
    case 'SVC-032':
      return item === null ? null : { latch: item, done: 'It is told again when it is bad once more.' };
    default:
      return null;
  }
}

/** Who carries out what is to be done; false and null where it can't. */
export interface FixDoors {
  readonly stream: { post(message: ToStream): boolean };
  readonly registry: { confirm(store: string): boolean };
  readonly daemon: Pick<DaemonView, 'startCheck'>;
  readonly antivirus: { exclusionOf(folder: string): Exclusion | null };
  readonly services: {
    exclude(exclusion: Exclusion): Promise<void>;
    endProgram(name: string): boolean;
    readonly health: { rearm(name: string): boolean };
  };
}

/**
 * Carries out what a finding of this server offers.
 * @returns what was done.
 * @throws Problem DMN-004 where there is nothing to carry out; DIA-022, SVC-014 where it could not be.
 */
export async function carryOut(
  id: string,
  findings: Pick<FindingBoard, 'find' | 'clear' | 'clearAll'>,
  to: FixDoors,
): Promise<string> {
  const problem = findings.find(id);
  if (problem !== null && isCheckedAgain(problem.code, problem.item)) {
    // What comes of it shows: the finding ends, or stays. Where no check can begin now, it stays as well.
    void to.daemon.startCheck({ mode: 'full', repair: true, paths: [problem.item] }).catch(keepFinding);
    return 'It is checked again now; the finding ends where it is equal.';
  }
  const exclusion = problem?.code === 'DIA-021' ? to.antivirus.exclusionOf(problem.item ?? '') : null;
  if (exclusion !== null) {
    // The finding ends when the scanner is seen to leave the folder alone.
    await to.services.exclude(exclusion);
    return exclusionWords(exclusion).done;
  }
  const fix = problem === null ? null : fixOf(problem);
  const isDone = fix !== null && isCarriedOut(fix, to);
  if (problem === null || fix === null || !isDone) throw new Problem('DMN-004', { id });
  // It runs until it has ended.
  if ('program' in fix) return fix.done;
  if (problem.item === null) findings.clearAll(problem.code);
  else findings.clear(problem.code, problem.item);
  return fix.done;
}

function isCarriedOut(fix: Fix, to: FixDoors): boolean {
  if ('store' in fix) return to.registry.confirm(fix.store);
  if ('program' in fix) return to.services.endProgram(fix.program);
  return 'latch' in fix ? to.services.health.rearm(fix.latch) : to.stream.post(fix.message);
}

function keepFinding(error: unknown): void {
  if (!isProblem(error)) throw error;
}
