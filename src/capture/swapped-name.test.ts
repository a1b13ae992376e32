import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { UNTOLD } from '../changes/extended.ts';
import { fromText } from '../kernel/byte-string.ts';
import { Trial } from './trial.testing.ts';

it.each([
  { meanwhile: 'the file that took its name meanwhile', isNumberReused: false },
  { meanwhile: 'the file that took its name and its number meanwhile', isNumberReused: true },
])('does not tell of a link the extended attributes of $meanwhile', ({ isNumberReused }) => {
  const trial = new Trial('inotify');
  const { files } = trial;
  const carried = fromText('user.of-the-file');
  const listXattrs = files.listXattrs.bind(files);
  let isSwapped = false;
  // Between the look at the status of `s` and that at its attributes.
  files.listXattrs = (of) => {
    if (typeof of === 'number' || of.name !== 's') return listXattrs(of);
    if (!isSwapped) renameSync(trial.path('file'), trial.path('s'));
    isSwapped = true;
    return [carried];
  };
  const statAt = files.statAt.bind(files);
  let number = 0;
  let looksAfter = 0;
  files.statAt = (folder, name, into) => {
    const isThere = statAt(folder, name, into);
    if (!isNumberReused || name !== 's') return isThere;
    if (!isSwapped) number = into.inode;
    // The look that asks whether it is still the same.
    else if ((looksAfter += 1) === 1) into.inode = number;
    return isThere;
  };
  const getXattr = files.getXattr.bind(files);
  files.getXattr = (of, name) => (name === carried ? fromText('value') : getXattr(of, name));
  try {
    writeFileSync(trial.path('file'), 'content');
    trial.begin();
    symlinkSync('somewhere', trial.path('s'));
    trial.settle();
    expect(isSwapped).toBe(true);
    const told = trial.changes.filter((change) => change.kind === 'create' && change.type === 'symlink');
    expect(told.map((change) => change.kind === 'create' && change.attributes.extended)).toEqual([UNTOLD]);
    expect(trial.copy.lines()).toEqual(trial.lines());
  } finally {
    trial.close();
  }
});
