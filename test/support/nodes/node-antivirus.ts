import fs from 'node:fs';
import { furnishClamd } from '../antivirus.ts';
import { until } from '../until.ts';
import type { NodeServer } from './node-server.ts';

const DENIED_MS = 120_000;
const HOME = '/var/trial-clamav';
/** Where Debian's ClamAV looks for its settings. */
const CLAMD_CONF = '/etc/clamav/clamd.conf';
const UNITS = {
  'clamav-daemon.service': [
    '[Service]',
    'ExecStart=/usr/sbin/clamd --foreground=true',
    `ExecStartPost=/bin/sh -c 'while [ ! -S ${HOME}/socket ]; do sleep 0.1; done'`,
  ],
  'clamav-clamonacc.service': [
    '[Unit]',
    'Requires=clamav-daemon.service',
    'After=clamav-daemon.service',
    '[Service]',
    'ExecStart=/usr/sbin/clamonacc -F --fdpass',
    'ExecStop=/bin/kill -SIGKILL $MAINPID',
    // On a busy machine it may give up at its start.
    'Restart=on-failure',
    'RestartSec=100ms',
  ],
} as const;

/** ClamAV as services of a machine, with on-access scanning of a folder. */
export class NodeAntivirus {
  readonly #server: NodeServer;

  /** Furnishes the machine; nothing is started. */
  constructor(server: NodeServer, folder: string) {
    this.#server = server;
    const { node } = server;
    fs.mkdirSync(node.file(HOME), { recursive: true });
    const lines = furnishClamd(node.file(HOME), { folder, seenAs: HOME });
    fs.writeFileSync(node.file(CLAMD_CONF), `${lines.join('\n')}\n`);
    for (const [unit, text] of Object.entries(UNITS)) node.writeUnit(unit, text);
  }

  /** Returns once it refuses a file of the machine that holds the virus. */
  async start(infected: string): Promise<void> {
    const { node } = this.#server;
    await node.ask('systemctl', 'daemon-reload');
    await node.ask('systemctl', 'start', 'clamav-clamonacc.service');
    await until('the virus to be found', DENIED_MS, async (seen) => {
      const { status, stderr } = await node.run('cat', infected);
      seen(stderr + (await this.#server.log()));
      return status === 0 ? null : true;
    });
  }

  get settings(): string {
    return fs.readFileSync(this.#server.node.file(CLAMD_CONF), 'utf8');
  }

  async stop(): Promise<void> {
    await this.#server.node.ask('systemctl', 'stop', ...Object.keys(UNITS));
  }
}
