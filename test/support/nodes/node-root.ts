import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';

/** What a node has no use for, and would only wait for or fail at. */
const MASKED = [
  'console-getty.service',
  'getty.target',
  'cryptsetup.target',
  'integritysetup.target',
  'kmod-static-nodes.service',
  'machines.target',
  'proc-sys-fs-binfmt_misc.automount',
  'remote-fs.target',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-binfmt.service',
  'systemd-firstboot.service',
  'systemd-journal-flush.service',
  'systemd-logind.service',
  'systemd-modules-load.service',
  'systemd-pcrphase-sysinit.service',
  'systemd-pcrphase.service',
  'systemd-update-utmp-runlevel.service',
  'systemd-update-utmp.service',
  'systemd-user-sessions.service',
];

/** Mounted at the moment, newest last; none may outlive the tests. */
const mounted = new Set<string>();
process.on('exit', () => {
  for (const folder of [...mounted].reverse()) unmount(folder);
});

/**
 * The root file system of a node: this machine's own, as it is, with everything that is changed in it kept in memory.
 * What is installed here is installed there, and nothing here is ever changed. It has units of its own alone: none of
 * this machine's is enabled in it.
 */
export class NodeRoot {
  /** Where it lies on this machine, while the node runs too. */
  readonly folder: string;
  readonly #memory: string;

  /** @param place - an empty folder. */
  constructor(place: string) {
    this.#memory = join(place, 'memory');
    this.folder = join(place, 'root');
    fs.mkdirSync(this.#memory, { recursive: true });
    fs.mkdirSync(this.folder);
    // What is above must not lie in what is below.
    mount(['-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', this.#memory]);
    const [upper, work] = ['upper', 'work'].map((name) => join(this.#memory, name));
    for (const folder of [upper, work]) fs.mkdirSync(folder as string);
    mount(['-t', 'overlay', '-o', `lowerdir=/,upperdir=${upper},workdir=${work}`, 'overlay', this.folder]);
    this.#furnish();
  }

  #furnish(): void {
    for (const name of [
      'systemd/system',
      'init.d',
      'rc0.d',
      'rc1.d',
      'rc2.d',
      'rc3.d',
      'rc4.d',
      'rc5.d',
      'rc6.d',
      'rcS.d',
    ])
      fs.rmSync(join(this.folder, 'etc', name), { recursive: true, force: true });
    fs.rmSync(join(this.folder, 'etc/fstab'), { force: true });
    const units = join(this.folder, 'etc/systemd/system');
    fs.mkdirSync(units);
    for (const unit of MASKED) fs.symlinkSync('/dev/null', join(units, unit));
    fs.symlinkSync('/lib/systemd/system/multi-user.target', join(units, 'default.target'));
    // Without one it takes itself for a machine that starts for the first time, and enables what is installed.
    fs.rmSync(join(this.folder, 'etc/machine-id'), { force: true });
    fs.writeFileSync(join(this.folder, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`);
  }

  remove(): void {
    unmount(this.folder);
    unmount(this.#memory);
  }
}

function mount(parameters: readonly string[]): void {
  execFileSync('mount', parameters);
  mounted.add(parameters.at(-1) as string);
}

function unmount(folder: string): void {
  if (mounted.delete(folder)) execFileSync('umount', ['--lazy', folder]);
}
