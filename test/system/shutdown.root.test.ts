/*
 * What it proves: a program that holds a file in an intercepted folder open, and that nobody ends, does not hang the
 * shutdown of its machine. It is named, waited for, and gets errors in the end; the folder underneath is whole.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { ON_ONE_NETWORK, startNodePair } from '../support/nodes/node-pair.ts';
import { DAEMON_UNIT, type NodeServer } from '../support/nodes/node-server.ts';
import { changeSettings } from '../support/pair.ts';
import { ANY_LOSS } from '../support/random-operations.ts';
import { until } from '../support/until.ts';

const FOLDER = '/srv/data';
const WAIT_MS = 60_000;
/** So long the daemon waits for who uses the folder, and systemd 60 s for the daemon. */
const RELEASE_MS_MAX = 5_000;
const OFF_MS = 180_000;
const LONG_MS = 400_000;
const HOLDER = 'holder.service';
const HOLDS = `exec 3>>${FOLDER}/held; while echo line >&3; do sleep 0.2; done`;
/** Of the daemon, where it is there after the shutdown. */
const LOG = '/var/daemon.log';
/** systemd ends it not at all, or at the very end of the shutdown. */
const UNIT = ['[Service]', `ExecStart=/bin/sh -c '${HOLDS}'`, 'KillMode=none', 'SendSIGKILL=no'];

it(
  'a program that holds a file in an intercepted folder is waited for and named, and does not hang a shutdown',
  async () => {
    const furnish = ({ node, serverFile }: NodeServer): void => {
      changeSettings(serverFile, { interception: { releaseMsMax: RELEASE_MS_MAX } });
      node.writeUnit(HOLDER, UNIT);
      fs.mkdirSync(node.file(`/etc/systemd/system/${DAEMON_UNIT}.d`), { recursive: true });
      node.writeUnit(`${DAEMON_UNIT}.d/log.conf`, ['[Service]', `StandardOutput=append:${LOG}`]);
    };
    const pairSettings = { ...ANY_LOSS, preset: ON_ONE_NETWORK, capture: 'intercept' } as const;
    await using pair = await startNodePair({ pairSettings, furnish });
    await pair.synchronized();
    const { active, passive } = pair;
    const { node } = active;
    expect((await active.status()).capture).toEqual([{ folder: FOLDER, kind: 'intercept' }]);
    await node.ask('systemctl', 'start', HOLDER);
    await until('the program to work', WAIT_MS, () => (fs.existsSync(join(passive.data, 'held')) ? true : null));

    const beganMs = performance.now();
    await node.shutDown(OFF_MS);
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(RELEASE_MS_MAX);
    process.stdout.write(`shutdown: ${Math.round(performance.now() - beganMs)} ms\n`);

    expect(fs.readFileSync(node.file(LOG), 'utf8')).toMatch(/CAP-033[^]*\bsh \(\d+\)[^]*CAP-042/);
    const before = manifestOf(active.data);
    expect(fs.statSync(join(active.data, 'held')).size).toBeGreaterThan(0);
    await node.boot();
    await active.answers();
    await pair.synchronized({ after: Date.now() });
    expect(compareManifests(before, manifestOf(active.data))).toEqual([]);
    expect(compareManifests(manifestOf(active.data), manifestOf(passive.data))).toEqual([]);
  },
  LONG_MS,
);
