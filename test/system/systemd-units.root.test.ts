/*
 * What it proves: the units as they ship, under systemd. Daemon and keeper are killed, restarted, stopped and started by it,
 * each without the other, while a program works in an intercepted folder, which notices nothing but pauses.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { type NodePair, ON_ONE_NETWORK, startNodePair } from '../support/nodes/node-pair.ts';
import { DAEMON_UNIT, KEEPER_UNIT, type NodeServer } from '../support/nodes/node-server.ts';
import { ANY_LOSS } from '../support/random-operations.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 120_000;
const LONG_MS = 300_000;
const FOLDER = '/srv/data';
const PROGRAM = join(import.meta.dirname, '../support/steady_load.py');
/** Ends the program that works. */
const END = '/var/end';
const LOAD = `(while [ ! -e ${END} ]; do sleep 0.1; done) | python3 ${PROGRAM} ${FOLDER}/names`;
const BETWEEN_MS = 700;

async function property({ node }: NodeServer, unit: string, name: string): Promise<string> {
  return (await node.ask('systemctl', 'show', `--property=${name}`, '--value', unit)).trim();
}

/** Does something to a unit, and waits until another process of it has taken the place of the one before. */
async function replaced(server: NodeServer, unit: string, command: readonly string[]): Promise<void> {
  const before = await property(server, unit, 'MainPID');
  await server.node.ask(...command, unit);
  await until(`another process of ${unit}`, WAIT_MS, async (seen) => {
    const now = await property(server, unit, 'MainPID');
    seen(now);
    return now !== before && now !== '0' ? true : null;
  });
  await server.answers();
}

function differences({ active, passive }: NodePair): string[] {
  return compareManifests(manifestOf(active.data), manifestOf(passive.data));
}

const KILL = ['systemctl', 'kill', '--kill-whom=main', '--signal=KILL'] as const;

it(
  'a program in an intercepted folder goes on whatever systemd does to daemon and keeper, one at a time',
  async () => {
    await using pair = await startNodePair({
      pairSettings: { ...ANY_LOSS, preset: ON_ONE_NETWORK, capture: 'intercept' },
    });
    await pair.synchronized();
    const { active } = pair;
    const { node } = active;
    expect((await active.status()).capture).toEqual([{ folder: FOLDER, kind: 'intercept' }]);
    const keeper = await property(active, KEEPER_UNIT, 'MainPID');
    const load = node.run('sh', '-c', LOAD);
    await until('the program to work', WAIT_MS, async () =>
      (await node.run('test', '-e', `${FOLDER}/names`)).status === 0 ? true : null,
    );
    for (const command of [KILL, ['systemctl', 'restart'], KILL] as const) {
      await pause(BETWEEN_MS);
      await replaced(active, DAEMON_UNIT, command);
    }
    expect(await property(active, KEEPER_UNIT, 'MainPID')).toBe(keeper);
    // The daemon starts one of its own, which gives way to the unit's.
    await replaced(active, KEEPER_UNIT, KILL);
    await pause(BETWEEN_MS);
    await node.ask('systemctl', 'stop', KEEPER_UNIT);
    await pause(BETWEEN_MS);
    await node.ask('systemctl', 'start', KEEPER_UNIT);
    // Before that the daemon is the only one that holds the folder, or the keeper that it started in its own unit.
    await until('the keeper’s unit to hold the folder', WAIT_MS, async (seen) => {
      const process = await property(active, KEEPER_UNIT, 'MainPID');
      // What is closed while it is listed is told as an error.
      const { stdout, stderr } = await node.run('ls', '-l', `/proc/${process}/fd`);
      seen(`${stdout}${stderr}`);
      return stdout.includes('/dev/fuse') ? true : null;
    });
    await replaced(active, DAEMON_UNIT, KILL);
    await pause(BETWEEN_MS);
    fs.writeFileSync(node.file(END), '');
    const { status, stdout, stderr } = await load;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [rounds, longestMs] = stdout.trim().split('\n').at(-1)?.split(' ') ?? [];
    process.stdout.write(`units: ${rounds} rounds of names, the longest step took ${longestMs} ms\n`);
    const log = await node.ask('journalctl', '--no-pager', '--output=cat', `--unit=${DAEMON_UNIT}`);
    expect(log).not.toMatch(/CAP-034|CAP-035|CAP-040|CAP-045|CAP-048/);
    await pair.synchronized({ after: Date.now() });
    expect(differences(pair)).toEqual([]);
  },
  LONG_MS,
);
