import type { Log } from '../../kernel/log.ts';
import type { EventHistory } from './event-history.ts';
import type { RegistryHost } from '../registry/registry-host.ts';
import type { WorkerFindings } from './worker-findings.ts';
import type { StillCopy } from '../services/still-copy.ts';
import type { StreamNews } from '../stream/thread-messages.ts';

/** Hands on what the stream worker says of its findings, of events and of registries; all else is not for here. */
export function meetNews(
  message: StreamNews,
  findings: WorkerFindings,
  to: {
    readonly history: EventHistory;
    readonly registry: RegistryHost;
    readonly still: Pick<StillCopy, 'told'>;
    readonly log: Log;
  },
): void {
  switch (message.kind) {
    case 'problem':
      findings.raise(message.problem, message);
      return;
    case 'cleared':
      findings.clear(message.code, message.item);
      return;
    case 'clearedAll':
      findings.clearAll(message.code, message.but);
      return;
    case 'event':
      to.history.stream(message.event);
      return;
    case 'checkWanted':
      to.history.own({ level: 'warning', text: `Everything is checked again: ${message.reason}` });
      return;
    case 'log':
      to.log[message.level](message.text, message.fields);
      return;
    case 'still':
      to.still.told(message.news);
      return;
    case 'registryWanted':
    case 'registryMet':
      to.registry.onStream(message);
      return;
    default:
  }
}
