import { expect, it } from 'vitest';
import type { FindingEvent } from '../../diagnosis/findings.ts';
import { FindingBoard } from './finding-board.ts';
import { HandTime } from '../hand-time.testing.ts';

class Trial {
  readonly time = new HandTime();
  readonly events: FindingEvent[] = [];
  readonly board = new FindingBoard({
    clock: this.time,
    server: 'primary',
    record: (event) => void this.events.push(event),
  });

  get codes(): string[] {
    return this.board.all().map((finding) => finding.code);
  }
}

const NO_ROUTE = { code: 'CHN-003', parameters: { routes: '10.0.0.2:57348: refused' } } as const;
const FAULT = { code: 'DMN-003', parameters: { reason: 'disk' } } as const;
const foreign = (path: string) => ({ code: 'APL-002', parameters: { path, writer: 'vim' } }) as const;

it('a problem is a finding from when it is raised until it is cleared, and both are told to the history', () => {
  const { board, events, time } = new Trial();
  board.raise(FAULT);
  time.advance(1000);
  board.raise(FAULT);
  expect(board.own()).toMatchObject([{ code: 'DMN-003', server: 'primary', since: '2026-01-01T00:00:00.000Z' }]);
  board.clear('DMN-003');
  expect(board.own()).toEqual([]);
  expect(events).toHaveLength(2);
  board.clear('DMN-003');
  expect(events).toHaveLength(2);
});

it('problems of one kind are told apart by their items, and can end together', () => {
  const trial = new Trial();
  trial.board.raise(foreign('/srv/a'), { item: '/srv/a' });
  trial.board.raise(foreign('/srv/b'), { item: '/srv/b' });
  trial.board.clear('APL-002', '/srv/a');
  expect(trial.board.own().map((finding) => finding.item)).toEqual(['/srv/b']);
  trial.board.raise(foreign('/srv/a'), { item: '/srv/a' });
  trial.board.clearAll('APL-002');
  expect(trial.codes).toEqual([]);
});

it('evidence and action stand with the finding', () => {
  const { board } = new Trial();
  board.raise(FAULT, { evidence: ['the log'], action: 'Start it again.' });
  const [finding] = board.own();
  expect(finding).toMatchObject({ evidence: ['the log'], action: 'Start it again.' });
  expect(board.find(finding?.id ?? '')).toMatchObject({ code: 'DMN-003' });
  expect(board.find('nonsense')).toBeNull();
});

it('what the other server found stands beside the own findings', () => {
  const trial = new Trial();
  const other = new FindingBoard({ clock: trial.time, server: 'secondary', record: () => undefined });
  other.raise(foreign('/srv/a'), { item: '/srv/a' });
  trial.board.raise(FAULT);
  trial.board.setPeer(other.own());
  expect(trial.codes.toSorted()).toEqual(['APL-002', 'DMN-003']);
  expect(trial.board.own()).toHaveLength(1);
  trial.board.setPeer([]);
  expect(trial.codes).toEqual(['DMN-003']);
});

it('a channel that can not be reached follows from the reason why', () => {
  const { board } = new Trial();
  board.raise({ code: 'IDN-001', parameters: {} });
  board.raise(NO_ROUTE);
  const [cause, consequence] = board.all();
  expect([cause?.code, consequence?.code]).toEqual(['IDN-001', 'CHN-003']);
  expect(consequence?.parent).toBe(cause?.id);
});

it('problems of one kind can end all but for some, which stay as old as they are', () => {
  const { board, events, time } = new Trial();
  for (const item of ['/srv/a', '/srv/b', '/srv/c']) board.raise(foreign(item), { item });
  board.raise(FAULT);
  time.advance(1000);
  board.clearAll('APL-002', ['/srv/b']);
  expect(board.own().map(({ code, item }) => `${code} ${String(item)}`)).toEqual(['DMN-003 null', 'APL-002 /srv/b']);
  expect(board.own()[1]?.since).toBe('2026-01-01T00:00:00.000Z');
  expect(events).toHaveLength(6);
});

it('a pause that both servers keep stands once, and twice where they keep different ones', () => {
  const trial = new Trial();
  const other = new FindingBoard({ clock: trial.time, server: 'secondary', record: () => undefined });
  const pause = (until: string, reason: string) => ({ code: 'SVC-020', parameters: { until, reason } }) as const;
  trial.board.raise(pause('2026-01-01 00:30:00Z', 'new disk'));
  other.raise(pause('2026-01-01 00:30:01Z', 'new disk'));
  trial.board.setPeer(other.own());
  expect(trial.board.all().map(({ server }) => server)).toEqual(['primary']);
  other.raise(pause('2026-01-01 00:45:00Z', 'another'));
  trial.board.setPeer(other.own());
  expect(trial.board.all()).toHaveLength(2);
});

it('a daemon that stops does not say that what is wrong is over', () => {
  const { board, events } = new Trial();
  board.raise(NO_ROUTE);
  const before = events.length;
  board.stop();
  board.clear('CHN-003');
  board.clearAll('CHN-003');
  expect(events).toHaveLength(before);
  expect(board.has('CHN-003')).toBe(true);
});
