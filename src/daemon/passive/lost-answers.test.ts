import { expect, it } from 'vitest';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { FromStream } from '../stream/thread-messages.ts';
import { LostAnswers } from './lost-answers.ts';

class Trial {
  readonly said: string[] = [];
  readonly awaited = new Set<number>();
  readonly losses = new LostAnswers({
    toMain: (message) => void this.said.push(sayingOf(message)),
    renew: () => void this.said.push('renewed'),
    pathOf: (node) => `/srv/${String(node)}`,
    isAwaited: (node) => this.awaited.has(node),
  });

  lost(nowMs: number, ...nodes: number[]): string[] {
    for (const node of nodes) this.awaited.add(node);
    this.losses.met(nodes, nowMs as MonotonicMs);
    return this.step(nowMs);
  }

  step(nowMs: number): string[] {
    this.losses.step(nowMs as MonotonicMs);
    return this.said.splice(0);
  }
}

function sayingOf(message: FromStream): string {
  if (message.kind === 'problem') return `told ${message.item ?? ''} ${String(message.problem.parameters['times'])}`;
  if (message.kind === 'event') return `event ${message.event.item ?? ''}`;
  return message.kind === 'cleared' ? `over ${message.item ?? ''}` : message.kind;
}

it('has it asked for again at once, tells it the second time, and not after it came', () => {
  const trial = new Trial();
  expect(trial.lost(0, 1, 2)).toEqual(['event /srv/1', 'event /srv/2', 'renewed']);
  expect(trial.lost(20_000, 1)).toEqual(['told /srv/1 2 times']);
  expect(trial.step(59_999)).toEqual([]);
  expect(trial.step(60_000)).toEqual(['renewed']);
  trial.awaited.delete(1);
  expect(trial.step(61_000)).toEqual(['over /srv/1']);
});

it('gives connections up ever more rarely, and not for what another end of one settles', () => {
  const trial = new Trial();
  trial.lost(0, 1);
  trial.lost(60_000, 1);
  expect(trial.lost(100_000, 1)).toEqual(['told /srv/1 3 times']);
  expect(trial.lost(110_000, 1)).toEqual([]);
  trial.losses.ended();
  expect(trial.step(1_000_000)).toEqual(['over /srv/1']);
  expect(trial.lost(1_000_000, 1)).toEqual(['event /srv/1', 'renewed']);
});
