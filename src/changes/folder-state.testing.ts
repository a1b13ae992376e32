import fc from 'fast-check';
import { fromLatin1 } from '../kernel/byte-string.ts';
import type { FolderStateChange } from './change.ts';

export const FOLDER_STATE: FolderStateChange = {
  kind: 'folderState',
  folder: fromLatin1('/srv/a'),
  present: true,
  fileSystem: 'ef53:0123456789abcdef',
  identity: '2:1700000000.5',
  items: 7,
  isGathered: null,
};

export const anyFolderState: fc.Arbitrary<FolderStateChange> = fc.record({
  kind: fc.constant('folderState' as const),
  folder: fc.constantFrom(fromLatin1('/'), fromLatin1('/srv/\xff')),
  present: fc.boolean(),
  fileSystem: fc.constantFrom('', 'ef53:0123456789abcdef'),
  identity: fc.constantFrom('', '2:1700000000.5'),
  items: fc.option(fc.maxSafeNat()),
  isGathered: fc.option(fc.boolean()),
});
