import { expect, it } from 'vitest';
import { FindingBoard } from './finding-board.ts';
import { HandTime } from '../hand-time.testing.ts';
import { WorkerFindings } from './worker-findings.ts';

function trial() {
  const board = new FindingBoard({ clock: new HandTime(), server: 'secondary', record: () => undefined });
  return { board, stream: new WorkerFindings(board), items: () => board.own().map(({ item }) => item) };
}

const refused = (path: string) => ({ code: 'APL-001', parameters: { path, reason: 'EIO' } }) as const;

it('what a worker left is over once the next one works, but for what that one has told, too', () => {
  const { stream, items } = trial();
  stream.begin();
  stream.working();
  stream.raise(refused('/a'), { item: '/a' });
  stream.raise(refused('/b'), { item: '/b' });
  stream.begin();
  stream.raise(refused('/b'), { item: '/b' });
  expect(items()).toEqual(['/a', '/b']);
  stream.working();
  expect(items()).toEqual(['/b']);
  stream.working();
  expect(items()).toEqual(['/b']);
});

it('what never came to work leaves it to the next', () => {
  const { stream, items } = trial();
  stream.begin();
  stream.raise(refused('/a'), { item: '/a' });
  stream.begin();
  stream.begin();
  expect(items()).toEqual(['/a']);
  stream.working();
  expect(items()).toEqual([]);
});

it('what others told of the same server stands', () => {
  const { board, stream, items } = trial();
  stream.raise(refused('/a'), { item: '/a' });
  stream.clearAll('APL-001', ['/a']);
  stream.clear('APL-001', '/a');
  board.raise(refused('/a'), { item: '/a' });
  stream.begin();
  stream.working();
  expect(items()).toEqual(['/a']);
});
