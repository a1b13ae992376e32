import { dirname, join } from 'node:path';
import type { ConfigFiles } from '../kernel/config-files.ts';
import type { ConfigChange } from './config-change.ts';
import type { AttachedUnit } from './service.ts';
import { SUPERVISORS } from './supervisors.ts';

/** Where the machine's own units and what belongs to them are kept. */
export const UNIT_FOLDER = '/etc/systemd/system';
/** Gone at each start of the machine, so that nothing is permitted before the daemon has said so. */
export const PERMIT_FOLDER = '/run/understudy/permitted';
const DROP_IN = '90-understudy.conf';
/** Folders whose links have units started together with another one. */
const PULLING = /\.(wants|requires|upholds)$/;

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
export function guardChanges(files: ConfigFiles, service: string, units: readonly GuardedUnit[]): ConfigChange[] {
  const changes: ConfigChange[] = [];
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

/** The same of a supervisor that does not start a service by itself as long as a file is there. */
export function downChanges(files: ConfigFiles, service: string, manager: string): ConfigChange[] {
  const supervisor = manager === 'runit' || manager === 's6' ? SUPERVISORS[manager] : null;
  const path = supervisor?.downFileOf(service) ?? null;
  if (path === null || !files.isFolder(dirname(path)) || files.read(path) !== null) return [];
  return [{ kind: 'file', path, text: '' }];
}

function pullingLinks(files: ConfigFiles, unit: string): string[] {
  const folders = files.list(UNIT_FOLDER).filter((name) => PULLING.test(name));
  return folders.map((folder) => join(UNIT_FOLDER, folder, unit));
}
