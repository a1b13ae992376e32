import { expect, it } from 'vitest';
import { MessageQueue } from './message-queue.ts';

async function all(queue: MessageQueue<number>): Promise<number[]> {
  const got: number[] = [];
  for await (const value of queue) got.push(value);
  return got;
}

it('a reader gets what was there before it came, and what comes while it waits, in order', async () => {
  const queue = new MessageQueue<number>();
  queue.push(1);
  const reading = all(queue);
  queue.push(2);
  await Promise.resolve();
  queue.push(3);
  queue.end();
  expect(await reading).toEqual([1, 2, 3]);
});

it('a reader that waits is told of the end', async () => {
  const queue = new MessageQueue<number>();
  const reading = all(queue);
  await Promise.resolve();
  queue.end();
  expect(await reading).toEqual([]);
});

it('a failure comes after the values before it', async () => {
  const queue = new MessageQueue<number>();
  const got: number[] = [];
  queue.push(1);
  queue.fail(new Error('gone'));
  const reading = (async () => {
    for await (const value of queue) got.push(value);
  })();
  await expect(reading).rejects.toThrow('gone');
  expect(got).toEqual([1]);
});
