import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { startProgram } from './child.ts';
import { wasStartedHere } from './started-programs.ts';

it('knows a program that this process started, while it runs and when it has ended, on every thread', async () => {
  const program = await startProgram({ command: 'cat', parameters: [], holdsInput: true });
  expect(wasStartedHere(program.processId)).toBe(true);
  program.signal('SIGKILL');
  await program.ended;
  expect(wasStartedHere(program.processId)).toBe(true);
  expect(wasStartedHere(1)).toBe(false);
  const module = new URL('./started-programs.ts', import.meta.url).href;
  const text = `import(${JSON.stringify(module)}).then(({ wasStartedHere }) =>
    require('node:worker_threads').parentPort.postMessage(wasStartedHere(${String(program.processId)})));`;
  const worker = new Worker(text, { eval: true });
  expect(await new Promise((done) => worker.once('message', done))).toBe(true);
  await worker.terminate();
});
