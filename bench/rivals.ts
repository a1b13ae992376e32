import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { TcpRelay } from '../src/system/network/tcp-relay.ts';
import { freePort } from '../test/support/server.ts';
import { until } from '../test/support/until.ts';
import { startChild, stopChildren } from './children.ts';
import { run } from './command.ts';
import type { Workspace } from './workspace.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const LSYNCD_DELAY_SECONDS = 1;

/** An rsync daemon on the loopback interface that serves the whole workspace, and lsyncd over it. */
export class Rivals implements AsyncDisposable {
  readonly #workspace: Workspace;
  readonly #children: ChildProcess[] = [];
  #port: number | null = null;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /**
   * Runs rsync from a folder to another of the workspace, through the daemon, which starts at the
   * first call.
   * @returns what rsync wrote.
   */
  async rsync(options: readonly string[], from: string, to: string): Promise<string> {
    return await run('rsync', [...options, `${from}/`, await this.address(to)]);
  }

  /** What rsync calls a folder of the workspace when it goes through the daemon. */
  async address(folder: string, relay: TcpRelay | null = null): Promise<string> {
    this.#port ??= await this.#startRsync();
    const port = relay?.address.port ?? this.#port;
    return `rsync://127.0.0.1:${port}/workspace${folder.slice(this.#workspace.top.length)}/`;
  }

  /** Stands before the rsync daemon and counts. The caller closes it. */
  async relay(): Promise<TcpRelay> {
    this.#port ??= await this.#startRsync();
    return await TcpRelay.open({ host: '127.0.0.1', port: this.#port });
  }

  /**
   * Starts lsyncd as its manual's first example does, with the least delay that loses few changes. Mirrors once first.
   * @param relay - where it finds the rsync daemon.
   */
  async startLsyncd(from: string, to: string, relay: TcpRelay | null = null): Promise<void> {
    const log = this.#workspace.fresh('lsyncd-log');
    const settings = this.#workspace.fresh('lsyncd-settings');
    fs.writeFileSync(
      settings,
      `settings { nodaemon = true, logfile = ${JSON.stringify(log)} }
sync {
  default.rsync,
  source = ${JSON.stringify(from)},
  target = ${JSON.stringify(await this.address(to, relay))},
  delay = ${LSYNCD_DELAY_SECONDS},
  rsync = { archive = true },
}
`,
    );
    this.#start('lsyncd', [settings]);
    await until('lsyncd to have copied everything', START_TIMEOUT_MS, (seen) => {
      const text = fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '';
      seen(text);
      return /Startup of .* finished/.test(text) ? true : null;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopChildren(this.#children.reverse(), STOP_TIMEOUT_MS);
  }

  async #startRsync(): Promise<number> {
    const port = await freePort();
    const settings = this.#workspace.fresh('rsyncd-settings');
    // Without these it gives away root's rights, and then cannot keep owners.
    const rights = process.getuid?.() === 0 ? 'uid = 0\ngid = 0\n' : '';
    fs.writeFileSync(
      settings,
      `use chroot = no\n${rights}log file = ${this.#workspace.fresh('rsyncd-log')}\n[workspace]\npath = ${join(this.#workspace.top)}\nread only = no\n`,
    );
    this.#start('rsync', ['--daemon', '--no-detach', '--address=127.0.0.1', `--port=${port}`, `--config=${settings}`]);
    await until('the rsync daemon to listen', START_TIMEOUT_MS, async () => ((await answers(port)) ? true : null));
    return port;
  }

  #start(program: string, args: readonly string[]): void {
    this.#children.push(startChild(program, args));
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
