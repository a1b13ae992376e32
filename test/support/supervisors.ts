import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Supervisor, SUPERVISORS, supervisord } from '../../src/services/supervisors.ts';
import { until } from './until.ts';

const READY_MS = 120_000;

/** A service manager of Debian's packages that runs, with one service that is not to be started by itself. */
export class RunningSupervisor implements AsyncDisposable {
  readonly supervisor: Supervisor;
  /** As the manager calls it. */
  readonly service: string;
  readonly #top: string;
  readonly #process: ChildProcess;

  private constructor(kind: keyof typeof SUPERVISORS) {
    this.#top = fs.mkdtempSync(join(tmpdir(), 'understudy-supervisor-'));
    if (kind === 'supervisord') {
      const file = join(this.#top, 'conf');
      fs.writeFileSync(file, supervisordSettings(this.#top));
      this.supervisor = supervisord(['supervisorctl', '-c', file]);
      this.service = 'shop';
      this.#process = start('supervisord', ['-c', file]);
      return;
    }
    this.supervisor = SUPERVISORS[kind];
    this.service = join(this.#top, 'services/shop');
    fs.mkdirSync(this.service, { recursive: true });
    fs.writeFileSync(join(this.service, 'run'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
    fs.writeFileSync(this.supervisor.downFileOf(this.service) ?? '', '');
    const services = join(this.#top, 'services');
    this.#process = kind === 'runit' ? start('runsvdir', [services]) : start('s6-svscan', [services]);
  }

  /** @param isReady - can it be asked? */
  static async start(
    kind: keyof typeof SUPERVISORS,
    isReady: (one: RunningSupervisor) => Promise<boolean>,
  ): Promise<RunningSupervisor> {
    const one = new RunningSupervisor(kind);
    await until(`${kind} to answer`, READY_MS, async () => ((await isReady(one)) ? true : null));
    return one;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((done) => this.#process.once('exit', done));
    // What runit takes as the order to end its services with it; the others end them in any case.
    this.#process.kill(this.#process.spawnfile === 'runsvdir' ? 'SIGHUP' : 'SIGTERM');
    await ended;
    fs.rmSync(this.#top, { recursive: true, force: true });
  }
}

function start(program: string, parameters: readonly string[]): ChildProcess {
  return spawn(program, parameters, { stdio: 'ignore' });
}

function supervisordSettings(top: string): string {
  return [
    '[unix_http_server]',
    `file=${top}/socket`,
    '[supervisord]',
    'nodaemon=true',
    'user=root',
    `logfile=${top}/log`,
    `pidfile=${top}/pid`,
    `childlogdir=${top}`,
    '[rpcinterface:supervisor]',
    'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
    '[supervisorctl]',
    `serverurl=unix://${top}/socket`,
    '[program:shop]',
    'command=sleep 1000',
    'autostart=false',
    'autorestart=false',
    'startsecs=0',
    '',
  ].join('\n');
}
