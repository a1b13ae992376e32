import { expect, it } from 'vitest';
import type { LongDoubt } from '../../apply/long-doubts.ts';
import type { FolderEntry } from '../../changes/change.ts';
import { type ByteString, fromText } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { FromStream } from '../stream/thread-messages.ts';
import { type DoubtMoment, LastingDoubts } from './lasting-doubts.ts';

const ATTRIBUTES = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 1, mtimeNanoseconds: 0 };
const SLOW: Partial<DoubtMoment> = { isAnswered: false };

class Trial {
  doubts: LongDoubt[] = [{ item: 7, path: fromText('/srv/a'), status: 'Unchecked', isComing: false }];
  readonly said: FromStream[] = [];
  readonly findings = new LastingDoubts(
    {
      all: () => this.doubts.values() as Generator<LongDoubt>,
      isOver: (item) => !this.doubts.some((one) => one.item === item),
    },
    (message) => void this.said.push(message),
  );
  nowMs = 0;

  /** @returns why, of what was told, and what is over. */
  pass(seconds: number, moment: Partial<DoubtMoment> = {}): string[] {
    for (let second = 0; second < seconds; second++) {
      this.nowMs += 1000;
      this.findings.step({ now: this.nowMs as MonotonicMs, isAnswered: true, checks: 'none', ...moment });
    }
    return this.said.splice(0).map((message) => {
      if (message.kind === 'problem') return String(message.problem.parameters['why']);
      return message.kind === 'cleared' ? `over ${message.item ?? ''}` : message.kind;
    });
  }

  look(): void {
    const entry: FolderEntry = {
      name: fromText('a') as ByteString,
      node: 7,
      type: 'file',
      attributes: ATTRIBUTES,
      sizeBytes: 1,
      hash: 1n,
      target: fromText(''),
      linked: false,
    };
    const folder = { node: 1, attributes: ATTRIBUTES, attributesCount: true, after: fromText(''), last: true };
    this.findings.stated({ kind: 'verifyFolder', check: 3, ...folder, entries: [entry] });
  }
}

it('names what is asked for and not stated, and ends it with the doubt', () => {
  const trial = new Trial();
  expect(trial.pass(12)).toEqual([]);
  expect(trial.pass(3)).toEqual(['the active server was asked for it again and again and has not stated it']);
  expect(trial.pass(60)).toEqual([]);
  trial.doubts = [];
  expect(trial.pass(1)).toEqual(['over /srv/a']);
});

it('says what differed at the looks', () => {
  const trial = new Trial();
  trial.pass(2);
  trial.look();
  trial.findings.differed(fromText('/srv/a'), 'mode 644 instead of 600');
  expect(trial.pass(20)).toEqual(['it is made equal again and again and differs each time (mode 644 instead of 600)']);
});

it('says that it was stated, and is in doubt all the same', () => {
  const trial = new Trial();
  trial.pass(2);
  trial.look();
  expect(trial.pass(20)).toEqual(['it is stated again and again, and not all of it could be compared']);
});

it('time counts while the active server could answer only, and hardly while it states single items', () => {
  const trial = new Trial();
  expect(trial.pass(600, SLOW)).toEqual([]);
  expect(trial.pass(60, { checks: 'items' })).toEqual([]);
  expect(trial.pass(600, { checks: 'items' })).toHaveLength(1);
});

it('does not tell what content is on its way for, what is being stated, and what is in doubt anew', () => {
  const trial = new Trial();
  const [doubt] = trial.doubts as [LongDoubt];
  trial.doubts = [{ ...doubt, isComing: true }];
  expect(trial.pass(600)).toEqual([]);
  trial.doubts = [doubt];
  for (let turn = 0; turn < 10; turn++) {
    trial.findings.stated({
      kind: 'verifyContent',
      check: 3,
      node: 7,
      attributes: ATTRIBUTES,
      sizeBytes: 1e9,
      firstRange: turn,
      hashes: [1n],
      last: false,
    });
    expect(trial.pass(10)).toEqual([]);
  }
  trial.doubts = [];
  trial.pass(1);
  trial.doubts = [doubt];
  expect(trial.pass(10)).toEqual([]);
});

it('a name without an item waits for the end of any check', () => {
  const trial = new Trial();
  const path = fromText('/srv/b');
  trial.doubts = [{ item: path, path, status: 'Out of sync', isComing: false }];
  expect(trial.pass(600, { checks: 'everything' })).toEqual([]);
  expect(trial.pass(15)).toHaveLength(1);
});
