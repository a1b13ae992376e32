/** Where everything lies in the package. */
export const INSTALLED = '/usr/lib/understudy';

/** The units as they stand in `deploy`, which expect a clone in /opt. */
export function packagedUnit(unit: string): string {
  return unit
    .replaceAll('/opt/understudy/bin/understudy', '/usr/bin/understudy')
    .replace(/^# The clone is expected in .*\n/m, '');
}

/** The control file of the package (deb-control(5)). */
export function control(facts: {
  readonly version: string;
  readonly architecture: string;
  readonly kib: number;
}): string {
  return `Package: understudy
Version: ${facts.version}
Architecture: ${facts.architecture}
Maintainer: Understudy <understudy@localhost>
Installed-Size: ${facts.kib}
Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1, libatomic1
Recommends: nftables, samba-common-bin
Section: admin
Priority: optional
Description: keeps a second server ready to take over from the first
 Understudy protects files of the active server, keeps an exact copy of them
 on the passive one, and says at every moment whether the two are in sync and
 if not why. It brings its own Node.js.
`;
}

/** After it was unpacked. Nothing is started before there are settings. */
export const POSTINST = `#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
  if [ -e /etc/understudy/server.yaml ]; then
    systemctl enable understudy-keeper.service understudy.service >/dev/null 2>&1 || true
    systemctl restart understudy-keeper.service understudy.service || true
  fi
fi
exit 0
`;

/** Before it goes: hands off services and folders while the program is still there. An upgrade goes on in the next release. */
export const PRERM = `#!/bin/sh
set -e
if [ "$1" = remove ] || [ "$1" = deconfigure ]; then
  if [ -d /run/systemd/system ]; then
    # The daemon takes its mounts away when it is stopped; the keeper has none left then.
    systemctl stop understudy.service || true
    systemctl stop understudy-keeper.service || true
    systemctl disable understudy.service understudy-keeper.service >/dev/null 2>&1 || true
  fi
  # With no daemon here this server's services alone are given back.
  if [ -e /etc/understudy/server.yaml ] && /usr/bin/understudy services --help >/dev/null 2>&1; then
    /usr/bin/understudy services release </dev/null || true
  fi
  # What a daemon that was killed left mounted.
  { grep -E ' - fuse[.]understudy ' /proc/self/mountinfo || true; } | cut -d' ' -f5 | while read -r folder; do
    umount -l "$(printf '%b' "$folder")" || true
  done
fi
exit 0
`;

/** After it has gone. The data, the settings and the state folder stay; a purge takes the settings and the state. */
export const POSTRM = `#!/bin/sh
set -e
if [ "$1" = purge ]; then
  rm -rf /etc/understudy /var/lib/understudy
fi
rm -rf ${INSTALLED}/node_modules/.cache
rmdir ${INSTALLED}/node_modules ${INSTALLED} 2>/dev/null || true
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
exit 0
`;

export const COPYRIGHT = `Understudy. Copyright: the makers of Understudy. All rights reserved.

The licences of Node.js and of each dependency lie beside them in ${INSTALLED}/node_modules.
`;
