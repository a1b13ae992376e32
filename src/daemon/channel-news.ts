import type { Log } from '../kernel/log.ts';
import type { FromChannel } from './channel-messages.ts';
import type { FindingBoard } from './finding-board.ts';

/** Hands on what the channel worker says of its findings and for the log; all else is not for here. */
export function meetChannelNews(
  message: FromChannel,
  to: { readonly findings: Pick<FindingBoard, 'raise' | 'clear'>; readonly log: Log },
): void {
  switch (message.kind) {
    case 'problem':
      to.findings.raise(message.problem, { item: message.item, evidence: message.evidence });
      return;
    case 'cleared':
      to.findings.clear(message.code, message.item);
      return;
    case 'failed':
      to.findings.raise(message.problem ?? { code: 'DMN-003', parameters: { reason: message.text } });
      return;
    case 'log':
      to.log[message.level](message.text, message.fields);
      return;
    default:
  }
}
