import { byteFiles } from '../../system/files/byte-files.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { starterPort, threadData } from '../../system/processes/threads.ts';
import { systemTimers } from '../../system/machine/timers.ts';
import { isProblem, toData } from '../../problems/problem.ts';
import { ActiveRegistryWork } from './active-registry-work.ts';
import { PassiveRegistryWork } from './passive-registry-work.ts';
import type { FromRegistry, RegistryQuery, RegistryStart, ToRegistry } from './registry-messages.ts';
import { RegistryPolls } from './registry-polls.ts';
import type { RegistryOrder } from './registry-work.ts';

const MACHINE = {
  files: byteFiles,
  now: () => systemClock.monotonicMs(),
  wallMs: () => systemClock.wallMs(),
  timers: systemTimers,
};

/** Entry of the thread that reads and writes registries: one thing after the other, for some take seconds. */
function main(): void {
  const start = threadData<RegistryStart>();
  const port = starterPort();
  const tell = (message: FromRegistry): void => port.postMessage(message);
  const { now } = MACHINE;
  const doors = { ...MACHINE, tell, progress: () => report(true) };
  const passive = start.role === 'passive' ? new PassiveRegistryWork(start, doors) : null;
  const work = passive ?? new ActiveRegistryWork(start, doors);
  const polls = new RegistryPolls(new Map(start.stores.map(({ name, pollMs }) => [name, pollMs])));
  let waiting = 0;
  let [reported, standing] = ['', ''];
  const report = (isBusy: boolean): void => {
    const text = JSON.stringify({ ...work.report(), isBusy });
    if (text !== reported) tell({ kind: 'report', report: { ...work.report(), isBusy } });
    reported = text;
    const problems = work.problems();
    if (JSON.stringify(problems) !== standing) tell({ kind: 'problems', standing: problems });
    standing = JSON.stringify(problems);
  };
  // One after the other. A failure that is no Problem ends the thread, which is told and started again.
  let last = Promise.resolve();
  const enqueue = (action: () => Promise<void>, isWork: boolean): void => {
    if (isWork) waiting += 1;
    if (isWork) report(true);
    last = last.then(action).then(() => {
      if (isWork) waiting -= 1;
      report(waiting > 0);
    });
    last.catch((error: unknown) => {
      systemTimers.after(0, () => {
        throw error;
      });
    });
  };
  const answer = async (query: RegistryQuery): Promise<unknown> =>
    query.name === 'registryLook' ? await work.lookAt(query.path) : (passive?.items(query) ?? []);
  const take = statedOnce((order, taken) =>
    enqueue(async () => {
      await work.take(order);
      taken();
    }, true),
  );
  if (passive !== null) enqueue(() => passive.begin(), true);
  let cancelLook = (): void => {};
  let isStopping = false;
  const look = (): void => {
    const due = polls.take(now());
    enqueue(async () => {
      await work.look(due);
      if (!isStopping) cancelLook = systemTimers.after(polls.waitMs(now()), look);
    }, false);
  };
  look();
  port.on('message', (message: ToRegistry) => {
    if (message.kind === 'ping') return tell({ kind: 'alive' });
    if (message.kind === 'stop') {
      isStopping = true;
      cancelLook();
      // What is being written is finished; nothing keeps the thread alive then.
      return port.close();
    }
    if (message.kind !== 'query') return take(message);
    enqueue(async () => tell(await answered(message.id, () => answer(message.query))), false);
  });
}

async function answered(id: number, answer: () => Promise<unknown>): Promise<FromRegistry> {
  try {
    return { kind: 'answer', id, answer: await answer(), problem: null };
  } catch (error) {
    if (!isProblem(error)) throw error;
    return { kind: 'answer', id, answer: null, problem: toData(error) };
  }
}

/** Who asks for everything to be stated while a statement is not told yet gets that one. */
function statedOnce(begin: (order: RegistryOrder, taken: () => void) => void): (order: RegistryOrder) => void {
  let isStating = false;
  return (order) => {
    if (order.kind !== 'state') return begin(order, () => {});
    if (isStating) return;
    isStating = true;
    begin(order, () => {
      isStating = false;
    });
  };
}

main();
