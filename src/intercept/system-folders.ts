/** What the machine itself works from: while a mount over it is served by nobody, nobody could log in to mend that. */
const SYSTEM: readonly string[] = [
  ...['/bin', '/boot', '/dev', '/etc', '/lib', '/lib32', '/lib64', '/libx32', '/proc', '/run', '/sbin', '/sys', '/usr'],
  ...['/var/lib/apt', '/var/lib/dbus', '/var/lib/dpkg', '/var/lib/pacman', '/var/lib/rpm', '/var/lib/systemd'],
  ...['/var/log/journal'],
];
/** What a machine's owner puts beside it. */
const OWNERS: readonly string[] = ['/usr/local'];

/**
 * Why a folder is watched, whatever is asked for: the end of a sentence; null where it may be mounted over. Pure.
 * @param folder - as the kernel names it.
 * @param own - what Understudy works from: its program, its settings, its state. Who follows a daemon reads them before the
 *   mount is served again.
 */
export function systemReason(folder: string, own: readonly string[]): string | null {
  const owns = own.find((path) => isWithin(path, folder));
  if (owns !== undefined) return `Understudy itself works from it (${owns})`;
  if (OWNERS.some((path) => isWithin(folder, path))) return null;
  const system = SYSTEM.find((path) => isWithin(path, folder) || isWithin(folder, path));
  return system === undefined ? null : `the machine itself works from ${system}`;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}
