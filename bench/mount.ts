import fs from 'node:fs';
import { MountedFolder } from '../test/support/mounted-folder.ts';
import { figuresOfProcess } from '../test/support/process-figures.ts';
import type { Bench } from './benchmark.ts';
import { BoundFolder } from './bound-folder.ts';
import { number, paragraphs } from './markdown.ts';
import type { Conditions } from './mount-works.ts';
import { comparisonTable } from './paired.ts';
import { compareWorks, type Folders } from './places.ts';

const DISK_MIB = 4096;
const ALONE: Conditions = { title: '', settled: () => Promise.resolve(), during: (act) => act() };

/** What working in a folder that is mounted over costs an application, beside the folder itself and bindfs. */
export async function benchMount(bench: Bench): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('Mounting needs root');
  await using mounted = await MountedFolder.start({ diskMib: DISK_MIB });
  using bound = new BoundFolder(mounted.beside('bound'), mounted.beside('bound-view'));
  const native = mounted.beside('native');
  fs.mkdirSync(native);
  const folders: Folders = { ours: mounted.folder, native, bindfs: bound.view };
  const comparisons = await compareWorks(bench, folders, ALONE);
  const { residentMib, residentMibMax } = figuresOfProcess(mounted.serverProcessId);
  return paragraphs(
    'A folder on ext4, mounted over by Understudy with two threads and a ring of 64 MiB whose records are written to a file; the folder itself; and bindfs over another one, all on one disk. One program does one thing after the other, through Node. Nothing is sent to another server.',
    comparisonTable(comparisons),
    `The server of the mount, ring included: ${number(residentMib, 0)} MiB resident, ${number(residentMibMax, 0)} MiB at most.`,
  );
}
