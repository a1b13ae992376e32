import { afterEach, expect, it } from 'vitest';
import { giveBackCallsMemory, takeCallsMemory } from '../native/c-library.ts';
import { endThreadsAhead, loadThreadAhead, startThread, type Thread } from './threads.ts';

const ECHO = new URL('./threads.testing.ts', import.meta.url);
const started: Thread<unknown, unknown>[] = [];

function start(data: unknown): { readonly next: () => Promise<unknown>; readonly thread: Thread<unknown, unknown> } {
  const thread = startThread<unknown, unknown>(ECHO, data);
  started.push(thread);
  const heard: PromiseWithResolvers<unknown>[] = [];
  let [told, taken] = [0, 0];
  const at = (index: number): PromiseWithResolvers<unknown> => (heard[index] ??= Promise.withResolvers());
  thread.onMessage((message) => at(told++).resolve(message));
  return { thread, next: () => at(taken++).promise };
}

afterEach(async () => {
  for (const thread of started.splice(0)) await thread.terminate();
  await endThreadsAhead();
});

it('a thread works the same, loaded ahead or not', async () => {
  loadThreadAhead(ECHO);
  const ahead = start({ number: 1 });
  const plain = start({ number: 2 });
  expect([await ahead.next(), await plain.next()]).toEqual([{ number: 1 }, { number: 2 }]);
  ahead.thread.post('a');
  plain.thread.post('b');
  expect([await ahead.next(), await plain.next()]).toEqual(['a', 'b']);
});

it('a thread that nobody started ends', async () => {
  loadThreadAhead(ECHO);
  await endThreadsAhead();
  expect(await start('anew').next()).toBe('anew');
});

it('a thread that could not be loaded ahead fails for who starts it', async () => {
  const missing = new URL('./no-such-module.ts', import.meta.url);
  loadThreadAhead(missing);
  const failed = Promise.withResolvers<Error | null>();
  // As long as it is not known to have ended it is the one that is started.
  startThread(missing, null).onEnd(failed.resolve);
  expect(String(await failed.promise)).toContain('no-such-module');
});

it('the memory of a thread that has ended is used again', async () => {
  const first = start('a');
  await first.next();
  await first.thread.terminate();
  const memory = takeCallsMemory();
  giveBackCallsMemory(memory);
  const second = start('b');
  await second.next();
  const other = takeCallsMemory();
  expect(other).not.toBe(memory);
  giveBackCallsMemory(other);
  await second.thread.terminate();
  expect(takeCallsMemory()).toBe(memory);
});
