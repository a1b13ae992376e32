import {
  appendFileSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import type { NoticeSource } from '../kernel/notices.ts';
import { Trial } from './trial.testing.ts';

let trial: Trial;
afterEach(() => trial.close());

function begin(before: (path: (name: string) => string) => void, kind: NoticeSource['kind'] = 'fanotify'): void {
  trial = new Trial(kind);
  before((name) => trial.path(name));
  trial.begin();
}

function same(): void {
  trial.settle();
  expect(trial.copy.lines()).toEqual(trial.lines());
}

const isRoot = process.getuid?.() === 0;
const KINDS: NoticeSource['kind'][] = isRoot ? ['inotify', 'fanotify'] : ['inotify'];

describe.each(KINDS)('with %s, capture', (kind) => {
  it('takes over what was written through a name that is gone with its folder', () => {
    begin((path) => {
      mkdirSync(path('d'));
      writeFileSync(path('a'), 'linked');
      linkSync(path('a'), path('d/b'));
    }, kind);
    appendFileSync(trial.path('d/b'), ' more');
    // The notice is taken, and the folder is gone before its name is looked at.
    trial.capture.onNotices();
    rmSync(trial.path('d'), { recursive: true });
    trial.capture.onNotices();
    trial.capture.look(trial.tree.root(fromText('/set'))!, fromText('d'));
    same();
  });

  it.each(['a', 'b'])(
    'takes over what was written under a name that the file lost since, looking at %s first',
    (first) => {
      begin(() => undefined, kind);
      const write = (content: string): void => {
        writeFileSync(trial.path('a'), content);
        // Nothing in its status says that it was written.
        utimesSync(trial.path('a'), 1_000_000, 1_000_000);
      };
      write('before');
      trial.turn();
      expect(trial.changes.map((change) => change.kind)).toContain('create');
      write('behind');
      renameSync(trial.path('a'), trial.path('b'));
      trial.capture.look(trial.tree.root(fromText('/set'))!, fromText(first));
      same();
    },
  );
});

/** Only fanotify, which needs root, says which file is meant whatever name was used. */
describe.each(isRoot ? ['fanotify'] : [])('with %s alone, capture', () => {
  it('sees what is written through a name outside', () => {
    begin((path) => {
      writeFileSync(path('a'), 'x');
      linkSync(path('a'), `${path('')}/../other`);
    });
    appendFileSync(`${trial.base}/other`, 'through the other name');
    same();
    expect(readFileSync(trial.path('a'), 'utf8')).toContain('through');
  });

  it('sees what is written through an open file whose name is gone, while another name stays', () => {
    begin((path) => writeFileSync(path('a'), 'x'));
    const file = openSync(trial.path('a'), 'r+');
    linkSync(trial.path('a'), trial.path('b'));
    trial.settle();
    unlinkSync(trial.path('a'));
    trial.settle();
    writeSync(file, 'through the name that is gone');
    same();
    closeSync(file);
    expect(readFileSync(trial.path('b'), 'utf8')).toContain('through');
    expect(trial.changes.at(-1)).toMatchObject({ kind: 'content' });
  });

  it('takes over what was written through a name that came and went unseen', () => {
    begin((path) => {
      mkdirSync(path('d'));
      writeFileSync(path('a'), 'alone');
    });
    linkSync(trial.path('a'), trial.path('d/b'));
    appendFileSync(trial.path('d/b'), ' no more');
    rmSync(trial.path('d'), { recursive: true });
    same();
  });
});
