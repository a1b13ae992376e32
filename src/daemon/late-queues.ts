import type { Status } from '../api/status.ts';
import { bottleneckOf } from '../diagnosis/bottleneck.ts';
import type { FindingBoard } from './finding-board.ts';

/** Raises the finding that names what holds the queues up, or ends it. For the active server: one finding is enough. */
export function tellLateQueues(options: {
  queues: Status['queues'];
  ageMsMax: number;
  findings: Pick<FindingBoard, 'raise' | 'clear'>;
}): void {
  const { queues, ageMsMax, findings } = options;
  const late = bottleneckOf({
    sendOldestMs: queues.send.oldestMs,
    receiveOldestMs: queues.receive.oldestMs,
    ageMsMax,
  });
  if (late === null) findings.clear('DIA-001');
  else findings.raise({ code: 'DIA-001', parameters: late });
}
