import type { PreflightReport } from '../diagnosis/preflight.ts';
import { isProblem, type ProblemData, toData } from '../problems/problem.ts';
import { starterPort, threadData } from '../system/processes/threads.ts';
import { preflightHere, type PreflightQuestion } from './preflight-here.ts';

/** What the worker tells, once. */
export type PreflightAnswer = { readonly report: PreflightReport } | { readonly problem: ProblemData };

/** Entry of the worker that looks at this machine: once, and it ends. */
async function main(): Promise<void> {
  const question = threadData<PreflightQuestion>();
  starterPort().postMessage(await answered(question));
  starterPort().close();
}

async function answered(question: PreflightQuestion): Promise<PreflightAnswer> {
  try {
    return { report: await preflightHere(question) };
  } catch (error) {
    if (!isProblem(error)) throw error;
    return { problem: toData(error) };
  }
}

await main();
