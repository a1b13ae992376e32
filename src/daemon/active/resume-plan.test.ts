import { describe, expect, it } from 'vitest';
import type { Position } from '../../changes/change.ts';
import { planResume, type StreamState } from './resume-plan.ts';

const at = (epoch: number, sequence: number): Position => ({ epoch, sequence });

const RUNNING: StreamState = {
  stream: 'running',
  began: 'everything',
  serverId: 'us',
  epoch: 3,
  position: at(3, 20),
  first: at(3, 10),
  last: at(3, 20),
  applied: at(3, 9),
  isNamed: false,
};
const GIVEN_UP: StreamState = { ...RUNNING, stream: 'given up', first: null, isNamed: true };

function plan(state: StreamState, durable: Position, more: { preview?: boolean; activeServerId?: string } = {}) {
  return planResume(state, {
    kind: 'resume',
    number: 1,
    durable,
    activeServerId: 'us',
    preview: false,
    unverified: false,
    ...more,
  });
}

const EVERYTHING = { kind: 'begin', how: 'everything' };
const LEFT = { kind: 'begin', how: 'left' };

describe('a stream that runs', () => {
  it('goes on where the queue holds what follows', () => {
    expect(plan(RUNNING, at(3, 12))).toEqual({
      kind: 'continue',
      from: { position: at(3, 12), gap: false, named: false },
    });
    expect(plan(RUNNING, at(3, 5))).toEqual(EVERYTHING);
    expect(plan({ ...RUNNING, stream: 'none' }, at(3, 12))).toEqual(EVERYTHING);
  });

  it('begins a preview for who asks for one, and everything after it', () => {
    expect(plan(RUNNING, at(3, 12), { preview: true })).toEqual({ kind: 'begin', how: 'preview' });
    expect(plan({ ...RUNNING, began: 'preview' }, at(3, 12))).toEqual(EVERYTHING);
  });
});

describe('a queue that was given up', () => {
  it('leaves only what has a name, where the passive holds what it had applied and no more than was made', () => {
    for (const sequence of [9, 15, 20]) expect(plan(GIVEN_UP, at(3, sequence))).toEqual(LEFT);
  });

  it('leaves everything where what is remembered does not reach back far enough, or not all has a name', () => {
    expect(plan(GIVEN_UP, at(3, 8))).toEqual(EVERYTHING);
    expect(plan(GIVEN_UP, at(2, 100))).toEqual(EVERYTHING);
    expect(plan({ ...GIVEN_UP, isNamed: false }, at(3, 15))).toEqual(EVERYTHING);
  });

  it('leaves everything to a passive that holds what was never made, or what another server made', () => {
    expect(plan(GIVEN_UP, at(3, 21))).toEqual(EVERYTHING);
    expect(plan(GIVEN_UP, at(4, 1))).toEqual(EVERYTHING);
    expect(plan(GIVEN_UP, at(3, 15), { activeServerId: 'another' })).toEqual(EVERYTHING);
    expect(plan(GIVEN_UP, at(3, 15), { preview: true })).toEqual({ kind: 'begin', how: 'preview' });
  });
});

describe('a stream that began with what was left', () => {
  const began: StreamState = {
    ...RUNNING,
    epoch: 4,
    began: 'left',
    position: at(4, 7),
    first: at(4, 1),
    last: at(4, 7),
    isNamed: true,
  };

  it('tells so a passive that never heard of it', () => {
    const from = { position: at(4, 0), gap: true, named: true };
    expect(plan(began, at(3, 15))).toEqual({ kind: 'continue', from });
    expect(plan(began, at(3, 8))).toEqual(EVERYTHING);
  });

  it('goes on as any other with one that did', () => {
    expect(plan(began, at(4, 3))).toEqual({ kind: 'continue', from: { position: at(4, 3), gap: false, named: false } });
  });
});
