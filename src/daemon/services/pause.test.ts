import { expect, it } from 'vitest';
import { FileError } from '../../kernel/files.ts';
import { HandTime } from '../hand-time.testing.ts';
import { Pause, type PauseFile } from './pause.ts';

/** A daemon that is started again and again, on one disk and with one time. */
class Trial implements PauseFile {
  readonly time = new HandTime();
  readonly events: string[] = [];
  readonly ended: string[] = [];
  readonly raised = new Set<string>();
  text: string | null = null;
  changes = 0;
  isFull = false;

  daemon(): Pause {
    return new Pause({
      file: this,
      clock: this.time,
      timers: this.time,
      findings: {
        raise: ({ code }) => void this.raised.add(code),
        clear: (code, _, text) => {
          this.raised.delete(code);
          this.ended.push(text ?? '');
        },
      },
      history: { own: ({ text }) => void this.events.push(text) },
      changed: () => void (this.changes += 1),
    });
  }

  read(): string | null {
    return this.text;
  }

  write(text: string): void {
    this.text = text;
  }

  remove(): void {
    if (this.isFull) throw new FileError({ code: 'EROFS', call: 'remove', path: 'pause.json' });
    this.text = null;
  }
}

it('lasts until its end, is told all the while, and says why it is over', () => {
  const trial = new Trial();
  const pause = trial.daemon();
  expect([pause.isOn, pause.end('asked')]).toEqual([false, false]);
  pause.begin('a new disk', 60_000);
  expect(pause.status).toEqual({
    reason: 'a new disk',
    since: '2026-01-01T00:00:00.000Z',
    until: '2026-01-01T00:01:00.000Z',
  });
  expect([...trial.raised]).toEqual(['SVC-020']);
  trial.time.advance(59_999);
  expect(pause.isOn).toBe(true);
  trial.time.advance(1);
  expect([pause.isOn, [...trial.raised], trial.text, trial.changes]).toEqual([false, [], null, 2]);
  // As one event: that of its finding.
  expect([trial.ended, trial.events]).toEqual([['Services are not paused any more: its time is over'], []]);
});

it('goes on in the next daemon, and ends at once where its end has passed meanwhile', () => {
  const trial = new Trial();
  const first = trial.daemon();
  first.begin('a new disk', 60_000);
  first.stop();
  trial.time.advance(30_000);
  const second = trial.daemon();
  expect(second.status?.since).toBe('2026-01-01T00:00:00.000Z');
  second.stop();
  trial.time.advance(60_000);
  const third = trial.daemon();
  trial.time.advance(0);
  expect([third.isOn, trial.text]).toEqual([false, null]);
});

it('is over at its end also where that cannot be written down', () => {
  const trial = new Trial();
  const pause = trial.daemon();
  pause.begin('a new disk', 60_000);
  trial.isFull = true;
  trial.time.advance(60_000);
  expect([pause.isOn, [...trial.raised], trial.changes]).toEqual([false, [], 2]);
  const next = trial.daemon();
  trial.time.advance(0);
  expect(next.isOn).toBe(false);
});

it('gets another end where it is asked for again, and takes a damaged record for none', () => {
  const trial = new Trial();
  const pause = trial.daemon();
  pause.begin('a new disk', 60_000);
  expect(trial.events).toEqual([]);
  pause.begin('still the disk', 120_000);
  expect(trial.events).toEqual(['Services are paused until 2026-01-01 00:02:00Z: still the disk']);
  trial.time.advance(60_000);
  expect(pause.status?.reason).toBe('still the disk');
  expect(pause.end('resumed')).toBe(true);
  for (const text of ['', '{}', 'null', '{"reason":"x"}']) {
    trial.text = text;
    expect(trial.daemon().isOn).toBe(false);
  }
});
