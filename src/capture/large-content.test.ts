import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { must } from '../kernel/assert.ts';
import { fromText } from '../kernel/byte-string.ts';
import { silent } from './operation.testing.ts';
import { Trial } from './trial.testing.ts';

it('a large file that is emptied after it was looked at, and before it is read, is told to be empty', () => {
  const trial = new Trial('inotify', {}, silent);
  const { files, capture, tree } = trial;
  const path = trial.path('file');
  const openAt = files.openAt.bind(files);
  let isEmptied = true;
  files.openAt = (folder, name, ...more) => {
    if (!isEmptied) truncateSync(path, 0);
    isEmptied = true;
    return openAt(folder, name, ...more);
  };
  try {
    writeFileSync(path, Buffer.alloc(1_000_000, 1));
    trial.begin();
    const look = (): void => capture.look(must(tree.root(fromText('/set')), 'the folder'), fromText('file'));
    appendFileSync(path, 'more');
    look();
    isEmptied = false;
    trial.settle();
    // As the notice of that leads to: its status is known by then.
    look();
    trial.settle();
    expect(isEmptied).toBe(true);
    expect(trial.copy.lines()).toEqual(trial.lines());
  } finally {
    trial.close();
  }
});
