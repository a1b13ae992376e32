import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import { Trial } from './trial.testing.ts';

it('does not tell of a link the extended attributes of the file that took its name meanwhile', () => {
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
  const getXattr = files.getXattr.bind(files);
  files.getXattr = (of, name) => (name === carried ? fromText('value') : getXattr(of, name));
  try {
    writeFileSync(trial.path('file'), 'content');
    trial.begin();
    symlinkSync('somewhere', trial.path('s'));
    trial.settle();
    expect(isSwapped).toBe(true);
    const told = trial.changes.filter((change) => change.kind === 'create' && change.type === 'symlink');
    expect(told.map((change) => change.kind === 'create' && change.attributes.extended)).toEqual(['']);
    expect(trial.copy.lines()).toEqual(trial.lines());
  } finally {
    trial.close();
  }
});
