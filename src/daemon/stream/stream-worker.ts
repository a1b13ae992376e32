import { discardContent, giveMemoryBack } from '../../system/native/memory.ts';
import { openPoller } from '../../system/native/poller.ts';
import { PortInbox, starterPort, threadData } from '../../system/processes/threads.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { isProblem, toData } from '../../problems/problem.ts';
import { buildActive } from '../active/build-active.ts';
import { buildPassive } from '../passive/build-passive.ts';
import type { EngineOutlets } from './engine.ts';
import { systemMachine } from './engine-machine.ts';
import { FrameSlots } from './frame-slots.ts';
import { LinkGauge } from './link-gauge.ts';
import { LinkLine } from './link-line.ts';
import { RecordsWait } from './records-wait.ts';
import { runStreamLoop } from './stream-loop.ts';
import type { StreamThreadData } from './stream-thread.ts';
import type { DataMessage, FromStream, ToStream } from './thread-messages.ts';

/** Entry of the stream worker: builds its role's engine and runs it until it is told to stop. */
function main(): void {
  const data = threadData<StreamThreadData>();
  const starter = starterPort();
  const toMain = (message: FromStream): void => starter.postMessage(message);
  const gauge = new LinkGauge(data.frames.gauge);
  const slots = { incoming: new FrameSlots(data.frames.toStream), outgoing: new FrameSlots(data.frames.fromStream) };
  const link = new LinkLine(
    new PortInbox<DataMessage>(data.link),
    (message, moved) => {
      if (message.kind === 'frame') gauge.queued(message.frame.length);
      data.link.postMessage(message, [...moved]);
    },
    slots,
  );
  const outlets: EngineOutlets = {
    toMain,
    sendFrame: (parts) => link.send(parts),
    renewData: () => link.renew(),
    contentMemory: () => link.contentMemory,
    linkRoom: () => gauge.room(),
  };
  const { interception } = data.start;
  const machine = systemMachine(data.start);
  const opened: { close(): void }[] = [data.requests, data.link];
  try {
    const build = data.start.role === 'active' ? buildActive : buildPassive;
    const engine = build(data.start, outlets, machine);
    // The passive server's mounts record nothing.
    const records = interception === null || data.start.role === 'passive' ? null : new RecordsWait(interception);
    const poller = openPoller(data.wakeDescriptor, engine.noticeDescriptor, records?.descriptor ?? null);
    const orders = openPoller(data.wakeDescriptor, records?.descriptor ?? null);
    opened.push(poller, orders);
    const waits = {
      forAnything: (timeoutMs: number) => void poller.wait(timeoutMs),
      forOrders: (timeoutMs: number) => void orders.wait(timeoutMs),
    };
    toMain({ kind: 'ready' });
    runStreamLoop({
      engine,
      clock: systemClock,
      requests: new PortInbox<ToStream>(data.requests),
      link,
      toMain,
      sleep: (timeoutMs) => {
        if (records === null) poller.wait(timeoutMs);
        else records.sleep(timeoutMs, waits);
      },
      rest: () => {
        for (const each of Object.values(slots)) each.rest(discardContent);
        giveMemoryBack();
      },
    });
  } catch (error) {
    const problem = isProblem(error) ? toData(error) : null;
    const text =
      error instanceof Error ? (problem === null ? (error.stack ?? error.message) : error.message) : String(error);
    toMain({ kind: 'failed', problem, text });
  } finally {
    // The process lives on when this thread ends, and would go on gathering notices for nobody; an open port would
    // keep the thread, and with it the process, also once all is stopped.
    machine.close();
    for (const each of opened) each.close();
  }
}

main();
