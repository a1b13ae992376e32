import { openPoller } from '../system/poller.ts';
import { PortInbox, starterPort, threadData } from '../system/threads.ts';
import { systemClock } from '../system/clock.ts';
import { isProblem, toData } from '../problems/problem.ts';
import { buildActive } from './build-active.ts';
import { buildPassive } from './build-passive.ts';
import type { EngineOutlets } from './engine.ts';
import { systemMachine } from './engine-machine.ts';
import { runStreamLoop } from './stream-loop.ts';
import type { StreamThreadData } from './stream-thread.ts';
import type { DataMessage, FromStream, ToStream } from './thread-messages.ts';

/** Entry of the stream worker: builds its role's engine and runs it until it is told to stop. */
function main(): void {
  const data = threadData<StreamThreadData>();
  const starter = starterPort();
  const toMain = (message: FromStream): void => starter.postMessage(message);
  const outlets: EngineOutlets = {
    toMain,
    sendFrame: (parts) => {
      const frame = joined(parts);
      const message: DataMessage = { kind: 'frame', frame };
      data.link.postMessage(message, [frame.buffer]);
    },
  };
  const machine = systemMachine();
  try {
    const build = data.start.role === 'active' ? buildActive : buildPassive;
    const engine = build(data.start, outlets, machine);
    const poller = openPoller(data.wakeDescriptor, engine.noticeDescriptor);
    toMain({ kind: 'ready' });
    runStreamLoop({
      engine,
      clock: systemClock,
      requests: new PortInbox<ToStream>(data.requests),
      link: new PortInbox<DataMessage>(data.link),
      toMain,
      sleep: (timeoutMs) => poller.wait(timeoutMs),
    });
    poller.close();
    data.requests.close();
    data.link.close();
  } catch (error) {
    const problem = isProblem(error) ? toData(error) : null;
    const text =
      error instanceof Error ? (problem === null ? (error.stack ?? error.message) : error.message) : String(error);
    toMain({ kind: 'failed', problem, text });
  } finally {
    // The process lives on when this thread ends, and would go on gathering notices for nobody.
    machine.close();
  }
}

/** In memory of its own, so that it can be handed to another thread instead of being copied again. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

main();
