import { toData } from '../../problems/problem.ts';
import { EventStore } from '../../system/files/event-store.ts';
import { starterPort, threadData } from '../../system/processes/threads.ts';
import { systemTimers } from '../../system/machine/timers.ts';
import { EventRetries } from './event-retries.ts';
import type { EventThreadStart, FromEvents, ToEvents } from './event-thread.ts';

/** Entry of the thread that keeps the event history. */
function main(): void {
  const port = starterPort();
  const tell = (message: FromEvents): void => port.postMessage(message);
  let works = true;
  const store = new EventStore({
    file: threadData<EventThreadStart>().file,
    onProblem: (problem) => {
      works = problem?.code !== 'DIA-003';
      tell(problem === null ? { kind: 'works' } : { kind: 'problem', problem: toData(problem) });
    },
  });
  const retries = new EventRetries<Parameters<EventStore['append']>[0]>(
    (event) => store.append(event),
    (delayMs, action) => systemTimers.after(delayMs, action),
  );
  if (works) tell({ kind: 'works' });
  port.on('message', (message: ToEvents) => {
    switch (message.kind) {
      case 'append':
        retries.add(message.event);
        return tell({ kind: 'appended' });
      case 'find':
        return tell({ kind: 'found', id: message.id, events: store.find(message.query) });
      case 'close':
        retries.end();
        store.close();
        port.close();
    }
  });
}

main();
