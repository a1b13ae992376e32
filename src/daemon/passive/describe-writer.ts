import { describeProcess } from '../../system/processes/processes.ts';
import type { DescribeProcess } from './meddling.ts';

/** Names the process that wrote, while it still lives. */
export const describeWriter: DescribeProcess = (processId) => {
  if (processId === 0) {
    return { text: 'another program', evidence: ['the kernel names no process: Understudy does not run as root here'] };
  }
  const facts = describeProcess(processId);
  if (facts === null) return { text: `a process that has ended (${String(processId)})`, evidence: [] };
  const unit = facts.unit === null ? '' : `, unit ${facts.unit}`;
  return {
    text: `${facts.name} (process ${String(processId)}${unit})`,
    evidence: [`process ${String(processId)}: ${facts.commandLine}`],
  };
};
