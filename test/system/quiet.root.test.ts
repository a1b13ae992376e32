/*
 * What it proves: a busy pair that is well is told nothing of. Two machines with systemd protect files, a registry and a
 * service, which is what changes the files; the pair started it, intercepts its folder, and keeps it off the passive server.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Status } from '../../src/api/status.ts';
import { compareManifests, manifestOf, manifestUnlessMoved } from '../support/manifest.ts';
import { type NodePair, ON_ONE_NETWORK, startNodePair } from '../support/nodes/node-pair.ts';
import { OF_LOAD } from '../support/of-load.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { until } from '../support/until.ts';

const BUSY_MS = proofRuns({ short: 12_000, full: 600_000 });
const LONG = { timeout: BUSY_MS + 300_000 };
/** What happened once, while all of it started, is shown for a minute. */
const REACHED_MS = 180_000;
const LOOK_EVERY_MS = 250;
const TILL = 'till.service';
/** Started, stopped and asked about by programs: ten times a second each daemon starts one. */
const DRAWER = {
  name: 'drawer',
  manager: 'command' as const,
  start: ['touch', '/run/drawer'],
  stop: ['rm', '-f', '/run/drawer'],
  status: ['test', '-e', '/run/drawer'],
};
const CHECK_INTERVAL_MS = 100;
const PROGRAM = join(import.meta.dirname, '../support/busy_tree.py');
const PROCESSES = 2;
/** Each of them makes nearly fifty changes a second. */
const REST_MS = 20;
/** It works until its input ends. */
const TILL_UNIT = [
  '[Service]',
  `ExecStart=/bin/sh -c 'mkdir -p /srv/data/till; sleep infinity | exec python3 ${PROGRAM} /srv/data/till ${PROCESSES} ${REST_MS}'`,
];
const REGISTRY = { provider: 'file' as const, path: '/srv/settings.reg', include: ['HKLM\\Software\\Till\\**'] };
const WELL: readonly Status['fileSystem']['status'][] = ['Synchronized', 'Synchronized and busy processing'];

it('a busy pair that is well has no finding at all', LONG, async () => {
  await using pair = await startNodePair({
    pairSettings: {
      preset: ON_ONE_NETWORK,
      capture: 'intercept',
      protect: { services: [{ name: TILL }, DRAWER], registry: [REGISTRY] },
      services: { checkIntervalMs: CHECK_INTERVAL_MS },
    },
    furnish: (server) => {
      server.node.writeUnit(TILL, TILL_UNIT);
      if (server.title === 'primary') writeRegistry(registryOf(server.data), 0);
    },
  });
  await pair.synchronized();
  await pair.adopted();
  await calm(pair);

  const before = (await pair.active.status()).fileSystem.position.sequence;
  const end = performance.now() + BUSY_MS;
  let [looks, edits] = [0, 0];
  const others: string[] = [];
  for (; performance.now() < end; looks += 1) {
    writeRegistry(registryOf(pair.active.data), (edits += 1));
    for (const server of pair.servers) {
      const status = await server.status();
      // Of the machine, and no wonder.
      const isOfLoad = status.findings.some(({ code }) => OF_LOAD.includes(code));
      expect(status.findings.filter(({ code }) => !OF_LOAD.includes(code))).toEqual([]);
      if (!isWell(status) && !isOfLoad) others.push(wordsOf(server.title, status));
    }
    await pause(LOOK_EVERY_MS);
  }
  expect(others).toEqual([]);
  const changes = (await pair.active.status()).fileSystem.position.sequence - before;
  // A pair that is not busy is well easily.
  expect(changes).toBeGreaterThan(BUSY_MS / 100);
  process.stdout.write(
    `${changes} changes of files and ${edits} of the registry in ${BUSY_MS / 1000} s, ${looks} looks at both servers, and no finding\n`,
  );

  await pair.active.run('services', 'release');
  await pair.active.node.ask('systemctl', 'stop', TILL);
  await until('both copies to be equal', REACHED_MS, (seen) => {
    // What the program did last may be on its way still.
    const copy = manifestUnlessMoved(pair.passive.data);
    if (copy === null) return null;
    const differences = compareManifests(manifestOf(pair.active.data), copy);
    // Of a file with very many holes the largest alone are carried.
    const unequal = differences.filter((one) => !one.includes(': holes '));
    seen(unequal.join('\n'));
    return unequal.length === 0 ? true : null;
  });
});

/** Waits until everything works and nothing is to be found that came from the beginning. */
async function calm(pair: NodePair): Promise<void> {
  await until('the pair to be well', REACHED_MS, async (seen) => {
    const statuses = await Promise.all(pair.servers.map((server) => server.status()));
    seen(JSON.stringify(statuses));
    return statuses.every(isWell) ? true : null;
  });
}

function isWell(status: Status): boolean {
  const actual = (status.services ?? []).map(({ server, actual: state }) => `${server} ${state}`).toSorted();
  return (
    status.findings.length === 0 &&
    WELL.includes(status.fileSystem.status) &&
    WELL.includes(status.registry.status) &&
    actual.join() === 'primary Running,primary Running,secondary Stopped,secondary Stopped'
  );
}

function wordsOf(server: string, { fileSystem, registry, services }: Status): string {
  return JSON.stringify([server, fileSystem, registry, services]);
}

function registryOf(data: string): string {
  return join(data, '../settings.reg');
}

/** Whole, by a rename, as careful programs do. */
function writeRegistry(path: string, number: number): void {
  const key = `[HKEY_LOCAL_MACHINE\\Software\\Till\\Sale ${number % 100}]`;
  const text = ['Windows Registry Editor Version 5.00', '', key, `"Number"=dword:${number.toString(16)}`, ''].join(
    '\r\n',
  );
  fs.writeFileSync(`${path}.new`, text);
  fs.renameSync(`${path}.new`, path);
}
