import type { Status } from '../../api/status.ts';
import { bottleneckOf, type DiskWait } from '../../diagnosis/bottleneck.ts';
import type { FindingBoard } from './finding-board.ts';

/** Raises the finding that names what holds the queues up, or ends it. For the active server: one finding is enough. */
export function tellLateQueues(options: {
  queues: Status['queues'];
  diskWait: DiskWait | null;
  connectedMs: number;
  ageMsMax: number;
  findings: Pick<FindingBoard, 'raise' | 'clear'>;
}): void {
  const { queues, diskWait, connectedMs, ageMsMax, findings } = options;
  const late = bottleneckOf({
    sendOldestMs: queues.send.oldestMs,
    receiveOldestMs: queues.receive.oldestMs,
    diskWait,
    connectedMs,
    ageMsMax,
  });
  if (late === null) return findings.clear('DIA-001');
  const { bottleneck, ageMs, evidence } = late;
  findings.raise({ code: 'DIA-001', parameters: { bottleneck, ageMs } }, { evidence });
}
