import { expect, it } from 'vitest';
import type { ByteString } from '../../kernel/byte-string.ts';
import type { MonotonicMs, WallMs } from '../../kernel/units.ts';
import type { LeftItem } from './left-alone.ts';
import { LeftFinding } from './left-finding.ts';
import type { FromStream } from '../stream/thread-messages.ts';

class Trial {
  paths: readonly string[] = [];
  isBeingFound = false;
  readonly told: string[] = [];
  readonly finding = new LeftFinding(this, (message) => this.told.push(said(message)));

  get count(): number {
    return this.paths.length;
  }

  *items(): Generator<LeftItem> {
    const shared = { since: 0 as WallMs, how: 'content differs', known: null };
    for (const path of this.paths) yield { ...shared, path: path as ByteString };
  }

  step(now: number, isFrozen = false): string[] {
    this.finding.step(now as MonotonicMs, isFrozen);
    return this.told.splice(0);
  }
}

function said(message: FromStream): string {
  if (message.kind === 'cleared') return `over ${message.code}`;
  if (message.kind !== 'problem') return message.kind;
  const { items, examples } = message.problem.parameters;
  return `${message.problem.code} ${String(items)}: ${String(examples)}; ${message.evidence.length} named`;
}

it('names what a check that verifies only found, once that has ended, and is over when nothing of it is left', () => {
  const trial = new Trial();
  expect(trial.step(0)).toEqual([]);
  trial.paths = ['/srv/a', '/srv/b'];
  trial.isBeingFound = true;
  expect(trial.step(1000)).toEqual([]);
  trial.isBeingFound = false;
  expect(trial.step(1001)).toEqual(['CHK-006 2 items: /srv/a: content differs; /srv/b: content differs; 2 named']);
  expect(trial.step(20_000)).toEqual([]);
  trial.paths = ['/srv/b'];
  expect(trial.step(40_000)).toEqual(['CHK-006 1 item: /srv/b: content differs; 1 named']);
  trial.paths = [];
  expect(trial.step(40_001)).toEqual(['over CHK-006']);
  expect(trial.step(60_000)).toEqual([]);
  trial.paths = ['/srv/b'];
  expect(trial.step(60_001)).toHaveLength(1);
});

it('is brought up to date no more often than anybody reads it, and names few of many', () => {
  const trial = new Trial();
  trial.paths = Array.from({ length: 1000 }, (_, index) => `/srv/${index}`);
  expect(trial.step(0)[0]).toMatch(/^CHK-006 1,?000 items: .*; 20 named$/);
  trial.paths = trial.paths.slice(1);
  expect(trial.step(4999)).toEqual([]);
  expect(trial.step(5000)).toHaveLength(1);
});

it('is not told where nothing may be repaired anyhow', () => {
  const trial = new Trial();
  trial.paths = ['/srv/a'];
  expect(trial.step(0, true)).toEqual([]);
});
