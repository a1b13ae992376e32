/**
 * Runs in a Node for Windows: carries out, on the registry there, what it is told by a line of JSON each, and answers with
 * a line. Its one argument is the port of this machine on which it is awaited.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { isProblem, toData } from '../../../src/problems/problem.ts';
import { WindowsStore } from '../../../src/registry/windows-store.ts';
import { windowsRegistry } from '../../../src/system/machine/windows-registry.ts';
import { type Answer, type Order, toTree, toWire } from './orders.ts';

const store = new WindowsStore(windowsRegistry());
const socket = connect(Number(process.argv[2]), '127.0.0.1');
const cpu = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1000;

async function carryOut(order: Order): Promise<unknown> {
  switch (order.call) {
    case 'stamp':
      return await store.stamp();
    case 'read':
      return toWire(await store.read(order.anchors));
    case 'write':
      return await store.write(order.edits.map(toTree));
    case 'cpuMs':
      return cpu();
  }
}

async function answer(order: Order): Promise<Answer> {
  const start = performance.now();
  try {
    const value = await carryOut(order);
    return { value: value ?? null, problem: null, ms: performance.now() - start };
  } catch (error) {
    if (!isProblem(error)) throw error;
    return { value: null, problem: toData(error), ms: performance.now() - start };
  }
}

createInterface({ input: socket }).on('line', (line) => {
  void answer(JSON.parse(line) as Order).then((said) => socket.write(`${JSON.stringify(said)}\n`));
});
socket.on('close', () => process.exit(0));
