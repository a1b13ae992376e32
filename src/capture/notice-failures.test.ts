import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

import { must } from '../kernel/assert.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { FolderKey, Notice, NoticeSource } from '../kernel/notices.ts';
import { Problem } from '../problems/problem.ts';
import { Trial } from './trial.testing.ts';

let trial: Trial;

afterEach(() => trial.close());

function same(): void {
  trial.settle();
  expect(trial.copy.lines()).toEqual(trial.lines());
}

/** A source that fails on demand. */
class FailingNotices implements NoticeSource {
  readonly #source: NoticeSource;
  readonly kind;
  readonly descriptor: number;
  dropsNotices = false;
  watchesLeft = Number.POSITIVE_INFINITY;

  constructor(source: NoticeSource) {
    this.#source = source;
    this.kind = source.kind;
    this.descriptor = source.descriptor;
  }

  watchFolder(folder: number, path: ByteString): FolderKey {
    if (this.watchesLeft === 0) throw new Problem('CAP-003', { reason: 'no more', limit: 1 });
    this.watchesLeft -= 1;
    return this.#source.watchFolder(folder, path);
  }

  keyOf(file: number): FolderKey | null {
    return this.#source.keyOf(file);
  }

  forgetFolder(key: FolderKey): void {
    this.#source.forgetFolder(key);
  }

  read(sink: (notice: Readonly<Notice>) => void): boolean {
    const complete = this.#source.read(this.dropsNotices ? () => {} : sink);
    if (!this.dropsNotices) return complete;
    this.dropsNotices = false;
    return false;
  }

  close(): void {
    this.#source.close();
  }
}

describe('when notices fail, capture', () => {
  function beginFailing(): FailingNotices {
    let failing: FailingNotices | undefined;
    trial = new Trial('inotify', {}, (source) => (failing = new FailingNotices(source)));
    mkdirSync(trial.path('d'));
    writeFileSync(trial.path('d/f'), 'x');
    trial.begin();
    return must(failing, 'the source');
  }

  it('lists everything again after an overflow, and asks for a check', () => {
    const notices = beginFailing();
    appendFileSync(trial.path('d/f'), 'y');
    mkdirSync(trial.path('new/deep'), { recursive: true });
    writeFileSync(trial.path('new/deep/f'), 'z');
    notices.dropsNotices = true;
    same();
    expect(trial.lost).toEqual(['overflow']);
    expect(trial.problems).toMatchObject([{ data: { code: 'CAP-004' } }]);
    writeFileSync(trial.path('new/deep/g'), 'watched');
    same();
  });

  it('lists folders now and then that it cannot watch, and watches them once it can', () => {
    const notices = beginFailing();
    notices.watchesLeft = 0;
    mkdirSync(trial.path('unwatched'));
    trial.settle();
    expect(trial.problems).toMatchObject([{ data: { code: 'CAP-003' }, item: null }]);
    writeFileSync(trial.path('unwatched/f'), 'found');
    trial.pass(1_000);
    same();
    writeFileSync(trial.path('unwatched/f'), 'found later');
    // Ever later, up to every 10 s.
    for (let look = 0; look < 5; look++) trial.pass(10_000);
    same();
    notices.watchesLeft = 1;
    trial.pass(4_000);
    expect(trial.cleared).toEqual([]);
    trial.pass(1_000);
    expect(trial.cleared).toEqual(['CAP-003 null']);
    writeFileSync(trial.path('unwatched/g'), 'seen');
    same();
  });
});
