import { answerQuery } from '../stream/answer-query.ts';
import type { PassiveEngineOptions } from './passive-engine-options.ts';
import type { ToStream } from '../stream/thread-messages.ts';

/** Hands a request of the main thread to whoever it is for; what is for an active server alone is ignored. */
export function meetRequest(
  message: ToStream,
  options: PassiveEngineOptions,
  engine: {
    confirm(): void;
    confirmLoss(folder: string): void;
    synced(number: number, failure: string | null): void;
  },
): void {
  const { inUse, still, outlets, query, now } = options;
  switch (message.kind) {
    case 'adopt':
      return engine.confirm();
    case 'confirmLoss':
      return engine.confirmLoss(message.folder);
    case 'synced':
      return engine.synced(message.number, message.failure);
    case 'holders':
      return inUse.found(message.found);
    case 'standStill':
      return still.ask(message.request, now());
    case 'goOn':
      return still.goOn(message.number);
    case 'query':
      return outlets.toMain(answerQuery(message, query));
    default:
  }
}
