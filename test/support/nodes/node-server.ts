import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Identity } from '../../../src/api/status.ts';
import { AskedServer } from '../asked-server.ts';
import type { Ran } from '../child.ts';
import { SmallDisk } from '../small-disk.ts';
import { until } from '../until.ts';
import { SystemdNode } from './systemd-node.ts';

const CHECKOUT = join(import.meta.dirname, '../../..');
/** Understudy's command line, on this machine as on a node. */
export const COMMAND = join(CHECKOUT, 'bin/understudy');
/** The units that ship. */
export const DAEMON_UNIT = 'understudy.service';
export const KEEPER_UNIT = 'understudy-keeper.service';
const UNITS = join(CHECKOUT, 'deploy/systemd');
/** Where they expect it. */
const INSTALLED = '/opt/understudy';
const STATE = '/var/lib/understudy';
const SETTINGS = '/etc/understudy';
const DISK_MIB = 512;
const FREE_BYTES_MIN = 16 * 1024 * 1024;
const ANSWER_TIMEOUT_MS = 120_000;
const CHANNEL_PORT = 57348;

/** One server of a pair on a machine of its own: what is protected lies in `/srv/data`, on a disk of its own (ext4). */
export class NodeServer extends AskedServer {
  readonly title: Identity;
  readonly node: SystemdNode;
  readonly #disk: SmallDisk;

  constructor(options: { identity: Identity; name: string; place: string; networkNamespace: string }) {
    super();
    const { identity, name, place, networkNamespace } = options;
    this.title = identity;
    this.#disk = new SmallDisk(DISK_MIB);
    for (const folder of [this.data, this.stateDirectory]) fs.mkdirSync(folder, { recursive: true });
    const folders = {
      '/srv': dirname(this.data),
      [STATE]: this.stateDirectory,
      [CHECKOUT]: CHECKOUT,
      [INSTALLED]: CHECKOUT,
    };
    this.node = new SystemdNode({ name, place, networkNamespace, folders });
    fs.mkdirSync(this.node.file(SETTINGS), { recursive: true });
    const wants = this.node.file('/etc/systemd/system/multi-user.target.wants');
    fs.mkdirSync(wants, { recursive: true });
    for (const unit of [KEEPER_UNIT, DAEMON_UNIT]) {
      this.node.writeUnit(unit, fs.readFileSync(join(UNITS, unit), 'utf8').trimEnd().split('\n'));
      fs.symlinkSync(`../${unit}`, join(wants, unit));
    }
  }

  get stateDirectory(): string {
    return join(this.#disk.folder, 'state');
  }

  /** The protected folder, as this machine sees it: past what the daemon mounts over it. */
  get data(): string {
    return join(this.#disk.folder, 'srv/data');
  }

  get serverFile(): string {
    return this.node.file(join(SETTINGS, 'server.yaml'));
  }

  get pairFile(): string {
    return this.node.file(join(SETTINGS, 'pair.yaml'));
  }

  /** @param pairSettings - what is said of the pair, besides its name and what it protects. */
  writeSettings(own: string, peer: string, pairSettings: Readonly<Record<string, unknown>>): void {
    const server = {
      identity: this.title,
      // The disk is small.
      queues: { freeBytesMin: FREE_BYTES_MIN },
      channel: { listen: [`${own}:${CHANNEL_PORT}`], peers: [`${peer}:${CHANNEL_PORT}`] },
    };
    fs.writeFileSync(this.serverFile, stringify(server));
    fs.writeFileSync(this.pairFile, stringify({ pair: 'nodes', ...pairSettings }));
  }

  /** Runs a command of Understudy there. */
  run(...parameters: readonly string[]): Promise<Ran> {
    return this.node.run('sh', COMMAND, ...parameters);
  }

  /** Waits until its daemon answers. */
  async answers(): Promise<void> {
    await until(`the ${this.title} daemon to answer`, ANSWER_TIMEOUT_MS, async (seen) => {
      const status = await this.statusOrNull();
      if (status === null) seen(await this.log());
      return status;
    });
  }

  /** What the daemon and systemd wrote since the node booted. */
  async log(): Promise<string> {
    const { stdout, stderr } = await this.node.run('journalctl', '--no-pager', '--lines=60', '--output=cat');
    return stdout + stderr;
  }

  async remove(): Promise<void> {
    await this.node.remove();
    this.#disk[Symbol.dispose]();
  }
}
