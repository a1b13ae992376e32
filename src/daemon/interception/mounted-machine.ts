import { OpenedFiles } from '../../intercept/mount-way.ts';
import { type ByteString, isWithin } from '../../kernel/byte-string.ts';
import { type Files, Stat } from '../../kernel/files.ts';
import { NodeFiles } from '../../system/files/files.ts';
import { tellKernel } from '../../system/mounts/fuse-mount.ts';
import { lockers } from '../../system/files/locks-held.ts';
import { numberOf } from '../../system/mounts/node-handle.ts';
import { describeThread } from '../../system/processes/processes.ts';
import { deviceNumber } from '../../system/files/stat-buffer.ts';
import { ToldFiles } from '../../system/mounts/told-files.ts';
import { UnderneathFiles } from '../../system/mounts/underneath-files.ts';
import { MountOpeners } from './mount-openers.ts';
import type { StreamInterception } from '../stream/thread-messages.ts';
import { ToldKernel } from './told-kernel.ts';

type Folders = StreamInterception['folders'];

/** Files as they are underneath these mounts. On the passive server what is changed there is seen through them at once. */
export function filesUnder(folders: Folders, role: 'active' | 'passive'): Files {
  if (folders.length === 0) return new NodeFiles();
  if (role === 'active') return new UnderneathFiles(folders);
  const mounts = folders.map(({ wayMemory, notices, root }) => ({ wayMemory, notices, root: numberOf(root) }));
  return new ToldFiles(folders, new ToldKernel(mounts, tellKernel));
}

/** Who uses files through these mounts. */
export function openersOf(folders: Folders): MountOpeners {
  const files = new NodeFiles();
  const stat = new Stat();
  const mounts = folders.map(({ root, wayMemory, device }) => {
    files.stat(root, stat);
    const [major = 0, minor = 0] = device.split(':').map(Number);
    return { device: stat.device, mountDevice: deviceNumber(major, minor), opened: new OpenedFiles(wayMemory) };
  });
  return new MountOpeners({ mounts, lockers, describe: describeThread });
}

/** A path that leads to the same file system, without asking who serves a mount over it. */
export function placeUnder(folders: Folders, path: ByteString): ByteString {
  const over = folders.find(({ realPath }) => isWithin(path, realPath));
  return over === undefined ? path : (`/proc/self/fd/${String(over.root)}` as ByteString);
}
