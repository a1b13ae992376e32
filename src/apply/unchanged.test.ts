import { afterEach, expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import { type attributes, create, createFolder, entry, ROOT, Trial } from './trial.testing.ts';

const trial = new Trial().rooted();
afterEach(() => trial.end());

it('what a check finds as it is known to be is not written down again, and what is another by now is', () => {
  trial.do(create(11, ROOT, 'a', 'one'), createFolder(12, ROOT, 'b'));
  trial.apply.pump();
  const { attributes: ofFile } = create(11, ROOT, 'a', 'one') as { attributes: ReturnType<typeof attributes> };
  const { attributes: ofFolder } = createFolder(12, ROOT, 'b') as { attributes: ReturnType<typeof attributes> };
  const file = entry(11, 'a', Buffer.from('one'), ofFile);
  const folder = { ...entry(12, 'b', Buffer.alloc(0), ofFolder), type: 'folder', hash: 0n } as const;
  const compare = (): void => {
    trial.equal(ROOT, file);
    trial.equal(ROOT, folder);
  };
  compare();
  trial.checkpoint();
  expect(trial.apply.checkpoints.hasUnsaved).toBe(false);
  compare();
  expect(trial.apply.checkpoints.hasUnsaved).toBe(false);
  trial.files.setModeAt(trial.apply.openFolder(trial.node(ROOT)), fromText('a'), 0o600);
  trial.equal(ROOT, file);
  expect(trial.apply.checkpoints.hasUnsaved).toBe(true);
});
