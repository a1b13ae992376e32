import { expect, it } from 'vitest';
import type { ApplyEvent } from '../../apply/host.ts';
import type { QuarantineEntry } from '../../apply/store.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { WallMs } from '../../kernel/units.ts';
import { RepairNews } from './repair-news.ts';
import type { FromStream } from '../stream/thread-messages.ts';

class Trial {
  readonly said: FromStream[] = [];
  readonly news = new RepairNews((message) => void this.said.push(message));

  take(kind: 'difference' | 'repaired', name: string): void {
    const path = fromText(`/srv/${name}`);
    this.news.take(kind === 'difference' ? { kind, path, difference: 'content' } : { kind, path });
  }

  texts(): string[] {
    return this.said.splice(0).map((message) => (message.kind === 'event' ? message.event.text : message.kind));
  }
}

it('an item that differed is named when it is found, and when it is repaired', () => {
  const trial = new Trial();
  trial.take('difference', 'a');
  trial.take('repaired', 'a');
  expect(trial.texts()).toEqual(['/srv/a differed on the passive server: its content differed.', 'Repaired: /srv/a']);
});

it('of attributes each that differed is named, with both values', () => {
  const trial = new Trial();
  const values = ['mode 0600 instead of 0644', 'owner 33:33 instead of 0:0'];
  trial.news.take({ kind: 'difference', path: fromText('/srv/a'), difference: 'attributes', values });
  expect(trial.texts()).toEqual([
    '/srv/a differed on the passive server: mode 0600 instead of 0644, owner 33:33 instead of 0:0.',
  ]);
});

it('what a first copy brings is no news', () => {
  const trial = new Trial();
  trial.news.about(false);
  trial.take('difference', 'a');
  trial.news.about(true);
  trial.take('repaired', 'a');
  expect(trial.texts()).toEqual([]);
});

it('a repair is told once, and only of what was told to differ', () => {
  const trial = new Trial();
  trial.take('repaired', 'a');
  trial.take('difference', 'b');
  trial.take('repaired', 'b');
  trial.take('repaired', 'b');
  expect(trial.texts()).toHaveLength(2);
});

it('a check names a thousand items and then says how many there were', () => {
  const trial = new Trial();
  for (let i = 0; i < 1500; i++) trial.take('difference', String(i));
  expect(trial.texts()).toHaveLength(1000);
  trial.news.checkEnded();
  expect(trial.texts()).toEqual(['1500 items differed and were repaired by the check.']);
});

it('the next check names its items anew', () => {
  const trial = new Trial();
  trial.take('difference', 'a');
  trial.news.checkEnded();
  trial.take('repaired', 'a');
  trial.take('difference', 'a');
  expect(trial.texts()).toHaveLength(2);
});

it('what an operator took out of the quarantine is told', () => {
  const trial = new Trial();
  const entry = (name: string): QuarantineEntry => {
    const path = fromText(`/srv/${name}`);
    return { id: name, path, folder: fromText('/srv'), why: 'orphan', when: 0 as WallMs, bytes: 1, items: 1 };
  };
  trial.news.take({ kind: 'restored', entry: entry('a'), to: fromText('/found/a') });
  trial.news.take({ kind: 'purged', entries: [entry('a')] });
  trial.news.take({ kind: 'purged', entries: [entry('a'), entry('b')] });
  expect(trial.said).toMatchObject([
    { event: { text: 'Restored from the quarantine: /srv/a, as /found/a', item: '/srv/a' } },
    { event: { text: 'Removed from the quarantine for good: /srv/a', item: '/srv/a' } },
    { event: { text: 'Removed from the quarantine for good: 2 entries', item: null } },
  ]);
});

it('what else Apply did is told as it is', () => {
  const trial = new Trial();
  const path = fromText('/srv/a');
  const events: ApplyEvent[] = [
    { kind: 'moved', path, from: fromText('/srv/b') },
    { kind: 'orphan', path, action: 'log' },
    { kind: 'problem', path, problem: { code: 'APL-002', parameters: { path: '/srv/a', writer: 'vim' } } },
    { kind: 'cleared', problem: { code: 'APL-002', parameters: { path: '/srv/a', writer: 'vim' } } },
  ];
  for (const event of events) trial.news.take(event);
  const [moved, orphan, problem, cleared] = trial.said;
  expect(moved).toMatchObject({ event: { text: 'Moved from /srv/b to /srv/a', item: '/srv/a' } });
  expect(orphan).toMatchObject({ event: { code: 'CHK-002', item: '/srv/a' } });
  expect(problem).toMatchObject({ kind: 'problem', item: '/srv/a', problem: { code: 'APL-002' } });
  expect(cleared).toEqual({ kind: 'cleared', code: 'APL-002', item: '/srv/a' });
});
