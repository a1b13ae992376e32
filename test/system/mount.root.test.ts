import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { MountedFolder } from '../support/mounted-folder.ts';

it('what is done in the mount is done underneath', async () => {
  await using mounted = await MountedFolder.start({
    before: (folder) => fs.writeFileSync(join(folder, 'there before'), 'old'),
  });
  const { folder, underneath } = mounted;
  const at = (name: string): string => join(folder, name);
  expect(fs.readFileSync(at('there before'), 'utf8')).toBe('old');
  fs.mkdirSync(at('a/b'), { recursive: true });
  fs.writeFileSync(at('a/b/file'), 'content');
  fs.appendFileSync(at('a/b/file'), ', and more');
  fs.renameSync(at('a/b/file'), at('a/renamed'));
  fs.symlinkSync('renamed', at('a/link'));
  fs.linkSync(at('a/renamed'), at('second'));
  fs.rmdirSync(at('a/b'));
  fs.unlinkSync(at('there before'));
  expect(fs.readFileSync(at('a/link'), 'utf8')).toBe('content, and more');
  expect(fs.readdirSync(folder).sort()).toEqual(['a', 'second']);
  expect(fs.readFileSync(join(underneath, 'second'), 'utf8')).toBe('content, and more');
  expect(compareManifests(manifestOf(underneath), manifestOf(folder))).toEqual([]);
  expect((await mounted.records()).length).toBeGreaterThan(1000);
  expect(await mounted.stop()).toBe('stopped');
  expect(compareManifests(manifestOf(underneath), manifestOf(folder))).toEqual([]);
});
