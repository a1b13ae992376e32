import { coversWhole, folderOf, isWithin, mayReach } from './path-pattern.ts';
import type { ServerSettings } from './settings.ts';

/** What of the server's own settings decides whether it can protect what the pair wants protected. */
export type ServerFolders = Pick<ServerSettings, 'base' | 'stateDirectory'> & {
  readonly queues: Pick<ServerSettings['queues'], 'directory'>;
};

/** Why an include is not protected, and what to do. */
export interface Refusal {
  readonly reason: string;
  readonly hint: string;
}

const KERNEL = 'which holds no files but the state of the running machine';
const RELEASE = 'which belongs to the release that is installed on this machine';
const SELF = 'which makes this machine the one it is';

/** Real paths that break a system when it gets those of another one. */
const FORBIDDEN: readonly (readonly [string, string])[] = [
  ...['/proc', '/sys', '/dev', '/run', '/var/run', '/var/lock'].map((path) => [path, KERNEL] as const),
  ...['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/usr', '/boot'].map((path) => [path, RELEASE] as const),
  ...['/var/lib/dpkg', '/var/lib/rpm', '/var/lib/pacman', '/var/lib/apt'].map((path) => [path, RELEASE] as const),
  ...['/etc/fstab', '/etc/hostname', '/etc/machine-id', '/etc/passwd', '/etc/shadow', '/etc/group'].map(
    (path) => [path, SELF] as const,
  ),
  ...['/etc/gshadow', '/etc/network', '/etc/netplan', '/etc/NetworkManager', '/etc/systemd/network'].map(
    (path) => [path, SELF] as const,
  ),
  ...['/etc/understudy', '/var/lib/systemd', '/var/lib/dbus'].map((path) => [path, SELF] as const),
];

/** What a machine's owner puts beside its release. */
const ALLOWED: readonly string[] = ['/usr/local'];

/**
 * Why an include can't be protected; null when it can. Each is judged by itself, so that one mistake
 * does not leave everything else unprotected.
 * @param server - where given, also its own folders are looked at.
 */
export function refusalOf(include: string, exclude: readonly string[], server?: ServerFolders): Refusal | null {
  const folder = folderOf(include);
  if (folder === '/') {
    return { reason: 'would protect the whole machine', hint: 'Name a folder below /, as in /srv/**.' };
  }
  const base = server?.base ?? '/';
  for (const [real, which] of forbiddenFor(server)) {
    const path = protectedPath(real, base);
    if (path === null || !mayReach(include, path) || exclude.some((one) => coversWhole(one, path))) continue;
    if (ALLOWED.some((one) => isAt(folder, protectedPath(one, base)))) continue;
    const isInside = isWithin(folder, path);
    const hint = isInside ? 'Take it out of the list.' : `Exclude ${path}/**, or name only the folders that are meant.`;
    return { reason: `would protect ${real}, ${which}`, hint };
  }
  return null;
}

function forbiddenFor(server?: ServerFolders): readonly (readonly [string, string])[] {
  if (server === undefined) return FORBIDDEN;
  return [
    [server.stateDirectory, "Understudy's own stateDirectory"],
    [server.queues.directory, "Understudy's own queues.directory"],
    ...FORBIDDEN,
  ];
}

function isAt(folder: string, allowed: string | null): boolean {
  return allowed !== null && isWithin(folder, allowed);
}

/** The protected path that leads to a real one; null where none does. */
function protectedPath(realPath: string, base: string): string | null {
  if (!isWithin(realPath, base)) return null;
  return base === '/' ? realPath : realPath.slice(base.length) || '/';
}
