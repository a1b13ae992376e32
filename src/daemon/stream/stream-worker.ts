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
import { NoticesWait } from './notices-wait.ts';
import { RecordsWait } from './records-wait.ts';
import { runStreamLoop } from './stream-loop.ts';
import type { StreamThreadData } from './stream-thread.ts';
import type { DataMessage, FromStream, ToStream } from './thread-messages.ts';

/** How the thread sleeps. @param opened - what it takes is added. */
function sleepOf(
  { start, wakeDescriptor }: StreamThreadData,
  noticeDescriptor: number | null,
  opened: { close(): void }[],
): (timeoutMs: number) => void {
  const isActive = start.role === 'active';
  // The passive server's mounts record nothing.
  const records = isActive && start.interception !== null ? new RecordsWait(start.interception) : null;
  const anything = openPoller(wakeDescriptor, noticeDescriptor, records?.descriptor ?? null);
  const orders = openPoller(wakeDescriptor, records?.descriptor ?? null);
  opened.push(anything, orders);
  // What is only watched is told by its notices: none of them waits.
  if (isActive && records === null) return (timeoutMs) => void anything.wait(timeoutMs);
  const forOrders = (timeoutMs: number): boolean => orders.wait(timeoutMs);
  const notices = new NoticesWait({
    forAnything: (timeoutMs) => anything.wait(timeoutMs),
    forOrders,
    hadNotices: () => noticeDescriptor !== null && anything.isReadable(noticeDescriptor),
    clock: systemClock,
  });
  const forAnything = (timeoutMs: number): void => notices.sleep(timeoutMs);
  return records === null ? forAnything : (timeoutMs) => records.sleep(timeoutMs, { forAnything, forOrders });
}

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
  const machine = systemMachine(data.start);
  const opened: { close(): void }[] = [data.requests, data.link];
  try {
    const build = data.start.role === 'active' ? buildActive : buildPassive;
    const engine = build(data.start, outlets, machine);
    const sleep = sleepOf(data, engine.noticeDescriptor, opened);
    toMain({ kind: 'ready' });
    runStreamLoop({
      engine,
      clock: systemClock,
      requests: new PortInbox<ToStream>(data.requests),
      link,
      toMain,
      sleep,
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
