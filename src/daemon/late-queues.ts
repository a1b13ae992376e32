import type { Status } from '../api/status.ts';
import { bottleneckOf, type DiskWait } from '../diagnosis/bottleneck.ts';
import type { FindingBoard } from './finding-board.ts';

/** Of the passive server: while it says one of these, nothing is too slow. It stands still, and has told why. */
const STANDS_STILL: ReadonlySet<string> = new Set(['L20', 'JRN-003', 'APL-020', 'APL-030', 'APL-041', 'SYS-012']);

/** Raises the finding that names what holds the queues up, or ends it. For the active server: one finding is enough. */
export function tellLateQueues(options: {
  queues: Status['queues'];
  diskWait: DiskWait | null;
  connectedMs: number;
  ageMsMax: number;
  findings: Pick<FindingBoard, 'raise' | 'clear' | 'peer'>;
}): void {
  const { queues, diskWait, connectedMs, ageMsMax, findings } = options;
  const late = bottleneckOf({
    sendOldestMs: queues.send.oldestMs,
    receiveOldestMs: queues.receive.oldestMs,
    diskWait,
    connectedMs,
    ageMsMax,
  });
  if (late === null || findings.peer.some(({ code }) => STANDS_STILL.has(code))) return findings.clear('DIA-001');
  const { bottleneck, ageMs, evidence } = late;
  findings.raise({ code: 'DIA-001', parameters: { bottleneck, ageMs } }, { evidence });
}
