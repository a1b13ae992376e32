import type { ChannelStatus } from '../../api/status.ts';
import type { FindingBoard } from './finding-board.ts';
import type { ActiveReport, PassiveReport } from './side-report.ts';

/**
 * A resync that goes on is no trouble. One that was cut off is told by the passive server until the rest is made up
 * for, also after a restart: nobody should serve from a copy that it changed in part without knowing, or take one that
 * it did not change for newer than it is.
 * @param own - what this server's stream worker said last; null while there is none, which says nothing.
 */
export function tellMixedCopy(
  own: ActiveReport | PassiveReport | null,
  channel: ChannelStatus,
  findings: Pick<FindingBoard, 'raise' | 'clear'>,
): void {
  if (own?.role !== 'passive') return;
  if (own.isMixed && channel === 'Not connected') findings.raise({ code: 'APL-031', parameters: {} });
  else findings.clear('APL-031');
  if (own.batch === 'gathering' && channel === 'Not connected') findings.raise({ code: 'APL-070', parameters: {} });
  else findings.clear('APL-070');
}
