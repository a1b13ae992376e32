import { expect, it } from 'vitest';
import type { SoughtFile } from '../../system/processes/file-holders.ts';
import type { Thread } from '../../system/processes/threads.ts';
import { FileHoldersSearch } from './file-holders-search.ts';
import type { HoldersFound } from './thread-messages.ts';

const FILES: readonly SoughtFile[] = [{ device: 7, inode: 11, use: 'open' }];
const PROCESS = { processId: 12, name: 'vim', commandLine: 'vim', unit: null };
const FOUND: HoldersFound = { files: FILES, holders: [{ device: 7, inode: 11, process: PROCESS, ways: ['written'] }] };

/** A worker that says and ends what it is told to. */
class Worker implements Thread<never, HoldersFound> {
  say: (found: HoldersFound) => void = () => undefined;
  end: (error: Error | null) => void = () => undefined;
  terminated = false;
  post(): void {}
  onMessage(action: (found: HoldersFound) => void): void {
    this.say = action;
  }
  onEnd(action: (error: Error | null) => void): void {
    this.end = action;
  }
  async terminate(): Promise<void> {
    this.terminated = true;
    this.end(null);
  }
}

function trial() {
  const worker = new Worker();
  const said: unknown[] = [];
  const search = new FileHoldersSearch({
    onFound: (found) => void said.push(found),
    onFailure: (text) => void said.push(text),
    startThread: () => worker,
  });
  return { worker, said, search };
}

it('answers once, when the worker has ended', () => {
  const { worker, said, search } = trial();
  search.start(FILES);
  worker.say(FOUND);
  expect(said).toEqual([]);
  worker.end(null);
  expect(said).toEqual([FOUND]);
});

it('answers with nobody where the worker fails, and says so', () => {
  const { worker, said, search } = trial();
  search.start(FILES);
  worker.end(new Error('no memory'));
  expect(said).toEqual(['no memory', { files: FILES, holders: [] }]);
});

it('answers nothing after a stop', () => {
  const { worker, said, search } = trial();
  search.start(FILES);
  search.stop();
  expect([worker.terminated, said]).toEqual([true, []]);
});
