import { join } from 'node:path';
import type { ConfigFiles } from '../kernel/config-files.ts';
import type { AttachedUnit } from './service.ts';

/** Where the machine's own units and what belongs to them are kept. */
export const UNIT_FOLDER = '/etc/systemd/system';
/** Gone at each start of the machine, so that nothing is permitted before the daemon has said so. */
export const PERMIT_FOLDER = '/run/understudy/permitted';
const DROP_IN = '90-understudy.conf';
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;
/** Folders whose links have units started together with another one. */
const PULLING = /\.(wants|requires|upholds)$/;

/** One change to this machine's files, told so that it can be undone by whoever reads it. */
export type GuardChange =
  /** The folder was made. */
  | { readonly kind: 'folder'; readonly path: string }
  /** The file was written. */
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  /** The link, which led there, was taken away. */
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** A unit that is guarded together with the service that it belongs to. */
export interface GuardedUnit {
  readonly name: string;
  readonly kind: 'service' | AttachedUnit['kind'];
  /** It is started with the service, for somebody had it running or started at boot. */
  readonly isWanted: boolean;
}

export function dropInOf(unit: string): string {
  return join(UNIT_FOLDER, `${unit}.d`, DROP_IN);
}

export function permitOf(service: string): string {
  return join(PERMIT_FOLDER, service);
}

/** What keeps systemd from starting a unit of a service, whoever asks, until that is permitted. */
function dropInText(unit: string, service: string): string {
  const lines = [
    `# Written by Understudy (services adopt) for ${service}: \`understudy services release\` takes it away.`,
    '[Unit]',
    `AssertPathExists=${permitOf(service)}`,
    ...(unit.endsWith('.service') ? ['', '[Service]', 'Restart=no'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** What has to be changed so that nobody else starts these units; nothing of what is so already. */
export function guardChanges(files: ConfigFiles, service: string, units: readonly GuardedUnit[]): GuardChange[] {
  const changes: GuardChange[] = [];
  for (const { name } of units) {
    const [file, text] = [dropInOf(name), dropInText(name, service)];
    const folder = join(UNIT_FOLDER, `${name}.d`);
    if (!files.isFolder(folder)) changes.push({ kind: 'folder', path: folder });
    if (files.read(file) !== text) changes.push({ kind: 'file', path: file, text });
    for (const path of pullingLinks(files, name)) {
      const target = files.linkTarget(path);
      if (target !== null) changes.push({ kind: 'link', path, target });
    }
  }
  return changes;
}

function pullingLinks(files: ConfigFiles, unit: string): string[] {
  const folders = files.list(UNIT_FOLDER).filter((name) => PULLING.test(name));
  return folders.map((folder) => join(UNIT_FOLDER, folder, unit));
}

/** Makes it so, whether or not it is already. @throws FileError */
export function carryOut(files: ConfigFiles, change: GuardChange): void {
  switch (change.kind) {
    case 'folder':
      if (!files.isFolder(change.path)) files.makeFolder(change.path, FOLDER_MODE);
      return;
    case 'file':
      if (files.read(change.path) !== change.text) files.write(change.path, change.text, FILE_MODE);
      return;
    case 'link':
      if (files.linkTarget(change.path) === change.target) files.remove(change.path);
  }
}

/** Makes it as it was before, whether or not it is already, and leaves what somebody else made of it. @throws FileError */
export function takeBack(files: ConfigFiles, change: GuardChange): void {
  switch (change.kind) {
    case 'folder':
      files.removeFolder(change.path);
      return;
    case 'file':
      files.remove(change.path);
      return;
    case 'link':
      if (files.linkTarget(change.path) !== null || files.read(change.path) !== null) return;
      files.link(change.path, change.target);
  }
}
