import { type ChildProcess, execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import type { Ran } from '../child.ts';
import { until } from '../until.ts';
import { MachineGroup } from './machine-group.ts';
import { NodeRoot } from './node-root.ts';

const BOOTED_MS = 180_000;
const GONE_MS = 120_000;
const COMMAND_BYTES_MAX = 16 * 1024 * 1024;
/** Calls that a container is usually refused, and a server is not. */
const SYSTEM_CALLS = 'fanotify_init fanotify_mark open_by_handle_at name_to_handle_at pidfd_open pidfd_getfd bpf';

/** Running at the moment; none may outlive the tests. */
const running = new Set<SystemdNode>();
process.on('exit', () => {
  for (const node of running) node.killNow();
});

export interface NodeOptions {
  /** Of the machine; also of its control group, so one that nothing else has. */
  readonly name: string;
  /** An empty folder for all that it keeps. */
  readonly place: string;
  readonly networkNamespace: string;
  /** Folders of this machine that it sees, by the place where it sees them. They outlive a power cut, as a disk does. */
  readonly folders: Readonly<Record<string, string>>;
}

/** A machine of its own as far as systemd can tell: root file system, processes, network, FUSE; the kernel is ours. */
export class SystemdNode {
  readonly name: string;
  readonly root: NodeRoot;
  readonly #options: NodeOptions;
  readonly #group: MachineGroup;
  readonly #log: string;
  #container: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #leader: number | null = null;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.root = new NodeRoot(options.place);
    this.#group = new MachineGroup(options.name);
    this.#log = join(options.place, 'console.log');
  }

  /** The process of its systemd, as this machine numbers it. */
  get leader(): number {
    if (this.#leader === null) throw new Error(`The node ${this.name} does not run`);
    return this.#leader;
  }

  /** Where a path of the node lies on this machine. Not for what it has mounted. */
  file(path: string): string {
    return join(this.root.folder, path);
  }

  /** Boots it and waits until everything that is to start has started. */
  async boot(): Promise<void> {
    this.powerOn();
    await until(`the node ${this.name} to have booted`, BOOTED_MS, async (seen) => {
      if (this.#container === null) throw new Error(`The node ${this.name} did not start: ${this.log()}`);
      if (leaderOf(this.#container.pid as number) === null) return null;
      const { stdout, stderr } = await this.run('systemctl', 'is-system-running');
      seen(`${stdout}${stderr}\n${this.log()}`);
      return /^(running|degraded)$/.test(stdout.trim()) ? true : null;
    });
  }

  /** As {@link boot}, without waiting. */
  powerOn(): void {
    const binds = Object.entries(this.#options.folders).map(([path, folder]) => `--bind=${folder}:${path}`);
    const parameters = [
      ...['--quiet', '--boot', `--directory=${this.root.folder}`, `--machine=${this.name}`],
      // Nothing on this machine needs to know of it, and there may be nobody to tell.
      ...['--register=no', '--keep-unit', '--link-journal=no', '--resolv-conf=off', '--timezone=off'],
      ...[`--network-namespace-path=/run/netns/${this.#options.networkNamespace}`, '--console=pipe'],
      ...['--capability=all', `--system-call-filter=${SYSTEM_CALLS}`, '--bind=/dev/fuse', ...binds],
    ];
    const log = fs.openSync(this.#log, 'a');
    const shell = `${this.#group.entering}\nexec systemd-nspawn "$@"`;
    const container = spawn('sh', ['-ec', shell, 'sh', ...parameters], { stdio: ['ignore', log, log], detached: true });
    fs.closeSync(log);
    this.#container = container;
    running.add(this);
    this.#ended = new Promise((done) => {
      container.on('exit', () => {
        running.delete(this);
        this.#leader = null;
        this.#container = null;
        done();
      });
      container.on('error', () => done());
    });
  }

  /** Runs a program in it, as its root. */
  run(...command: readonly string[]): Promise<Ran> {
    return this.runWith('', command);
  }

  /** As {@link run}, with an input. */
  async runWith(input: string, command: readonly string[]): Promise<Ran> {
    const leader = (this.#leader ??= this.#findLeader());
    return await new Promise((done) => {
      const parameters = ['--target', String(leader), '--all', '--', ...command];
      const child = execFile('nsenter', parameters, { maxBuffer: COMMAND_BYTES_MAX }, (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 128;
        done({ status, stdout, stderr });
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    });
  }

  /** As {@link run}; what it printed. @throws Error where it fails. */
  async ask(...command: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...command);
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status} on ${this.name}: ${stdout}${stderr}`);
    return stdout;
  }

  /** What a unit is at the moment: `active`, `inactive`, `failed`, … */
  async activeState(unit: string): Promise<string> {
    return (await this.run('systemctl', 'show', '--property=ActiveState', '--value', unit)).stdout.trim();
  }

  /** Writes a unit file. systemd learns of it at the next boot, or by a reload. */
  writeUnit(name: string, lines: readonly string[]): void {
    fs.writeFileSync(this.file(`/etc/systemd/system/${name}`), `${lines.join('\n')}\n`);
  }

  /** Everything in it ends at once. What it had in memory is gone; its file systems are as the kernel has them. */
  async powerCut(): Promise<void> {
    this.killNow();
    await this.#ended;
  }

  /** Shut down in order and booted again. */
  async reboot(): Promise<void> {
    await this.shutDown();
    await this.boot();
  }

  /** Shut down in order. @param withinMs - in milliseconds. */
  async shutDown(withinMs = GONE_MS): Promise<void> {
    const { leader } = this;
    // What systemd takes as the order to power off.
    process.kill(leader, SIGRTMIN_3);
    await until(`the node ${this.name} to be shut down`, withinMs, (seen) => {
      seen(this.log());
      return this.#container === null ? true : null;
    });
  }

  /** Of the console and of systemd itself. */
  log(): string {
    return fs.existsSync(this.#log) ? fs.readFileSync(this.#log, 'utf8').slice(-4_000) : '';
  }

  /** For the end of this process, when nothing can be waited for. */
  killNow(): void {
    const container = this.#container;
    if (container === null) return;
    const leader = this.#leader ?? leaderOf(container.pid as number);
    // The kernel ends everything in it with its first process; with the container's own it would go on.
    if (leader === null) this.#group.kill();
    else process.kill(leader, 'SIGKILL');
  }

  async remove(): Promise<void> {
    await this.powerCut();
    this.root.remove();
    await this.#group.remove();
  }

  #findLeader(): number {
    const leader = this.#container === null ? null : leaderOf(this.#container.pid as number);
    if (leader === null) throw new Error(`The node ${this.name} has not started yet`);
    return leader;
  }
}

/** Node knows no name of a real-time signal. */
const SIGRTMIN_3 = 37;

/** The first process in the container; null where there is none yet. */
function leaderOf(container: number): number | null {
  try {
    const children = fs.readFileSync(`/proc/${container}/task/${container}/children`, 'latin1').trim().split(' ');
    // Before it has become systemd, its namespaces are not all there.
    const isSystemd = (child: string): boolean => fs.readFileSync(`/proc/${child}/comm`, 'latin1').trim() === 'systemd';
    const leader = children.find((child) => child !== '' && isSystemd(child));
    return leader === undefined ? null : Number(leader);
  } catch {
    return null;
  }
}
