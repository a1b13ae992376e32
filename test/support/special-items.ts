import fs from 'node:fs';
import { join } from 'node:path';
import { aclFor, capability, makeNode, NODE, removeXattr, setXattr } from './raw-calls.ts';

const ACCESS = 'system.posix_acl_access';
export const DEFAULT_LIST = 'system.posix_acl_default';

/** One of each, in a folder of its own. */
export function plantSpecial(folder: string): void {
  fs.mkdirSync(folder);
  const at = (name: string): string => join(folder, name);
  makeNode(at('fifo'), NODE.fifo, { major: 0, minor: 0 });
  makeNode(at('null'), NODE.characterDevice, { major: 1, minor: 3 });
  makeNode(at('loop'), NODE.blockDevice, { major: 7, minor: 70_000 });
  fs.linkSync(at('fifo'), at('fifo-again'));
  fs.writeFileSync(at('program'), '#!/bin/sh\n');
  fs.chmodSync(at('program'), 0o6755);
  setXattr(at('program'), 'security.capability', capability());
  fs.writeFileSync(at('listed'), 'for some');
  setXattr(at('listed'), ACCESS, aclFor(1234, 5));
  setXattr(at('listed'), 'user.empty', '');
  setXattr(at('listed'), 'user.odd \xe4', Buffer.of(0, 255, 10));
  setXattr(at('listed'), 'trusted.mine', 'x');
  fs.symlinkSync('nowhere', at('link'));
  setXattr(at('link'), 'trusted.link', 'of a link');
  setXattr(at('fifo'), 'trusted.fifo', 'of a pipe');
  fs.mkdirSync(at('shared'), { mode: 0o1777 });
  setXattr(at('shared'), DEFAULT_LIST, aclFor(4321, 7));
  setXattr(at('shared'), 'user.folder', 'of a folder');
  // Has the list of its folder from the beginning.
  fs.writeFileSync(at('shared/inherits'), 'x');
  fs.writeFileSync(at('large'), Buffer.alloc(300 * 1024, 'large'));
  setXattr(at('large'), 'user.large', 'y'.repeat(3000));
  setXattr(at('large'), ACCESS, aclFor(77, 2));
  fs.writeFileSync(at('empty'), '');
  fs.utimesSync(at('empty'), -1_234_567_890, -1_234_567_890);
  fs.utimesSync(at('large'), 5_000_000_000, 5_000_000_000);
}

/** Each of {@link plantSpecial} becomes something else. */
export function changeSpecial(folder: string): void {
  const at = (name: string): string => join(folder, name);
  fs.renameSync(at('fifo-again'), at('fifo'));
  fs.chmodSync(at('fifo'), 0o600);
  fs.unlinkSync(at('null'));
  makeNode(at('null'), NODE.characterDevice, { major: 1, minor: 7 });
  fs.unlinkSync(at('loop'));
  fs.writeFileSync(at('loop'), 'a file by now');
  // Writing takes the capability away, a change of owner too.
  fs.appendFileSync(at('program'), 'more');
  setXattr(at('listed'), 'user.empty', 'no longer');
  removeXattr(at('listed'), 'trusted.mine');
  removeXattr(at('listed'), ACCESS);
  removeXattr(at('shared'), 'user.folder');
  setXattr(at('shared'), ACCESS, aclFor(5, 7));
  setXattr(at('link'), 'trusted.link', 'another');
  setXattr(at('large'), 'user.large', 'short');
  fs.writeFileSync(at('empty'), 'not empty');
  setXattr(at('empty'), 'security.capability', capability(3));
  fs.lchownSync(at('fifo'), 3, 4);
}
