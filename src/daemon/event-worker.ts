import { toData } from '../problems/problem.ts';
import { EventStore } from '../system/event-store.ts';
import { starterPort, threadData } from '../system/threads.ts';
import type { EventThreadStart, FromEvents, ToEvents } from './event-thread.ts';

/** Entry of the thread that keeps the event history. */
function main(): void {
  const port = starterPort();
  const tell = (message: FromEvents): void => port.postMessage(message);
  const store = new EventStore({
    file: threadData<EventThreadStart>().file,
    onProblem: (problem) => {
      if (problem !== null) tell({ kind: 'problem', problem: toData(problem) });
    },
  });
  port.on('message', (message: ToEvents) => {
    switch (message.kind) {
      case 'append':
        store.append(message.event);
        return tell({ kind: 'appended' });
      case 'find':
        return tell({ kind: 'found', id: message.id, events: store.find(message.query) });
      case 'close':
        store.close();
        port.close();
    }
  });
}

main();
