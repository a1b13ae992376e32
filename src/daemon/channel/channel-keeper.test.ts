import { beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '../../kernel/log.ts';
import { Problem, toData } from '../../problems/problem.ts';
import { ChannelKeeper } from './channel-keeper.ts';
import type { FromChannel } from './channel-messages.ts';
import type { ChannelThread } from './channel-thread.ts';
import { FindingBoard } from '../status/finding-board.ts';
import { HandTime } from '../hand-time.testing.ts';

/** One worker, in the hands of a test. */
interface Worker extends ChannelThread {
  readonly say: (message: FromChannel) => void;
  readonly listens: () => void;
  readonly refuses: (error: Error) => void;
  readonly isStopped: () => boolean;
}

const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};
const DIED = { kind: 'failed', problem: null, text: 'out of memory' } as const;
const CONNECTED = { kind: 'status', status: 'Connected', routes: [], beat: null, ends: [] } as const;

let time: HandTime;
let board: FindingBoard;
let heard: FromChannel[];
let workers: Worker[];
let keeper: ChannelKeeper;

beforeEach(async () => {
  time = new HandTime();
  board = new FindingBoard({ clock: time, server: 'primary', record: () => undefined });
  heard = [];
  workers = [];
  keeper = new ChannelKeeper({
    timers: time,
    log: SILENT,
    findings: board,
    startChannel: (onMessage) => {
      const worker = begin(onMessage);
      workers.push(worker);
      return worker;
    },
    on: (message) => heard.push(message),
  });
  const started = keeper.start();
  workers[0]?.listens();
  await started;
});

it('the first worker that listens loses nothing that was asked of it before', () => {
  expect(heard).toEqual([]);
});

describe('a channel worker that fails', () => {
  it('is told with what it failed on, and the two count as apart at once', () => {
    say({ kind: 'sessionUp', peer: {} as never });
    say(CONNECTED);
    expect(keeper.status.status).toBe('Connected');
    say(DIED);
    expect(keeper.status.status).toBe('Not connected');
    expect(heard.slice(-2)).toMatchObject([{ kind: 'sessionDown' }, { kind: 'status', status: 'Not connected' }]);
    expect(board.own()).toMatchObject([{ code: 'DMN-003', item: 'channel' }]);
    expect(board.own()[0]?.cause).toContain('out of memory');
    expect(keeper.post({ kind: 'stop' })).toBe(false);
    expect(keeper.everConnected).toBe(true);
  });

  it('is followed by another one, and forgotten once that one has listened for a while', async () => {
    say({
      kind: 'problem',
      problem: toData(new Problem('CHN-005', { address: 'a', peerPair: 'x', ownPair: 'y' })),
      item: null,
      evidence: [],
    });
    say(DIED);
    expect(workers[0]?.isStopped()).toBe(true);
    await later(2000);
    expect(workers.length).toBe(2);
    workers[1]?.listens();
    expect(
      board
        .own()
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['CHN-005', 'DMN-003']);
    await later(4000);
    expect(board.own()).toEqual([]);
    // What the one before says now is not heard.
    workers[0]?.say(CONNECTED);
    expect(keeper.status.status).toBe('Not connected');
  });

  it('and can not listen is told as that, tried again, and forgotten', async () => {
    say(DIED);
    await later(2000);
    const inUse = new Problem('CHN-001', { address: '*:1', holder: 'nc' });
    workers[1]?.refuses(inUse);
    workers[1]?.say({ kind: 'failed', problem: toData(inUse), text: 'no' });
    await later(2000);
    expect(
      board
        .own()
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['CHN-001', 'DMN-003']);
    workers[2]?.listens();
    await later(4000);
    expect(board.own()).toEqual([]);
  });

  it('while the daemon stops is no news, and not followed', async () => {
    const stopped = keeper.stop();
    say(DIED);
    await stopped;
    await later(10_000);
    expect([workers.length, board.own().length]).toEqual([1, 0]);
  });
});

it('a first worker that can not listen ends the start', async () => {
  let first: Worker | null = null;
  const other = new ChannelKeeper({
    timers: time,
    log: SILENT,
    findings: board,
    startChannel: (onMessage) => (first = begin(onMessage)),
    on: () => undefined,
  });
  const started = other.start();
  (first as Worker | null)?.refuses(new Error('in use'));
  await expect(started).rejects.toThrow('in use');
});

function say(message: FromChannel): void {
  workers[0]?.say(message);
}

async function later(ms: number): Promise<void> {
  time.advance(ms);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

function begin(onMessage: (message: FromChannel) => void): Worker {
  let isStopped = false;
  const { promise: listening, resolve: listens, reject: refuses } = Promise.withResolvers<void>();
  return {
    listening,
    listens: () => {
      onMessage({ kind: 'listening' });
      listens();
    },
    refuses,
    isStopped: () => isStopped,
    say: onMessage,
    post: () => true,
    connectStream: () => undefined,
    stop: () => {
      isStopped = true;
      return Promise.resolve();
    },
  };
}
