import { describe, expect, it } from 'vitest';
import type { ChannelEvent } from './channel-event.ts';
import { type DataLook, DataStall } from './data-stall.ts';
import { ProblemBoard } from './problem-board.ts';

const AFTER_MS = 5000;
const WELL: DataLook = { silentMs: 0, bytesWaiting: 0, bytesPassed: 1_000_000, roundTripMs: 12 };
const STALLED: DataLook = { silentMs: AFTER_MS, bytesWaiting: 70_000, bytesPassed: 78, roundTripMs: 12 };

class Trial {
  readonly told: string[] = [];
  asked = 0;
  readonly stall: DataStall;

  constructor() {
    const timers = { after: () => () => undefined, every: () => () => undefined };
    const board = new ProblemBoard({ timers, emit: (event) => this.told.push(said(event)) });
    this.stall = new DataStall({ board, afterMs: AFTER_MS, onStalled: () => (this.asked += 1) });
  }

  take(): string[] {
    return this.told.splice(0);
  }
}

function said(event: ChannelEvent): string {
  if (event.kind === 'problem')
    return `${event.key}: ${event.problem.code} ${JSON.stringify(event.problem.parameters)}`;
  return event.kind === 'cleared' ? `${event.key}: ${event.code} cleared` : event.kind;
}

describe('a stall of the data', () => {
  it('is told once, with route and bytes, and another way is asked for again and again', () => {
    const trial = new Trial();
    trial.stall.look('a:1', { ...STALLED, silentMs: AFTER_MS - 1 });
    expect([trial.take(), trial.asked]).toEqual([[], 0]);
    for (let more = 0; more <= AFTER_MS; more += 250) {
      trial.stall.look('a:1', { ...STALLED, silentMs: AFTER_MS + more, bytesWaiting: 70_000 + more });
    }
    expect(trial.take()).toEqual(['stall a:1: CHN-020 {"route":"a:1","seconds":5,"bytes":70000}']);
    expect(trial.asked).toBe(2);
  });

  it('is none where the other server is not heard at all: the channel is about to be lost', () => {
    const trial = new Trial();
    trial.stall.look('a:1', { ...STALLED, roundTripMs: null });
    expect([trial.take(), trial.asked]).toEqual([[], 0]);
  });

  it('is over when data passes, and not when a greeting does', () => {
    const trial = new Trial();
    trial.stall.look('a:1', STALLED);
    trial.take();
    trial.stall.look('a:1', { ...WELL, bytesPassed: 78 });
    expect(trial.take()).toEqual([]);
    trial.stall.look('a:1', WELL);
    expect(trial.take()).toEqual(['stall a:1: CHN-020 cleared']);
  });

  it('leaves a word about the route when another one takes over, until data passes there again', () => {
    const trial = new Trial();
    trial.stall.look('a:1', STALLED);
    trial.stall.moved('b:2');
    expect(trial.take().slice(1)).toEqual([
      'stall a:1: CHN-020 cleared',
      'stall a:1: CHN-021 {"route":"a:1","other":"b:2"}',
    ]);
    trial.stall.look('b:2', WELL);
    expect(trial.take()).toEqual([]);
    trial.stall.look('a:1', STALLED);
    expect(trial.take()[0]).toBe('stall a:1: CHN-021 cleared');
    trial.stall.look('a:1', WELL);
    expect(trial.take()).toEqual(['stall a:1: CHN-020 cleared']);
  });

  it('is forgotten with the channel, which is told as lost then', () => {
    const trial = new Trial();
    trial.stall.look('a:1', STALLED);
    trial.stall.moved(null);
    expect(trial.take().at(-1)).toBe('stall a:1: CHN-020 cleared');
  });
});
