import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { FileHolder, WAYS, type Way } from '../support/file-holder.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { until } from '../support/until.ts';

/** In the proof, on a machine that does nothing else, as soon as was promised. */
const NAMED_MS = proofRuns({ short: 120_000, full: 5_000 });
const CLEARED_MS = NAMED_MS;
const ARRIVED_MS = NAMED_MS;

/** What the finding says of each way. */
const SAID: Readonly<Record<Way, string>> = {
  open: 'has it open for writing',
  flock: 'has it locked',
  posix: 'has it locked',
  ofd: 'has it locked',
  mapping: 'has it mapped into memory for writing',
  denial: 'decides who may open files there (fanotify)',
  execution: 'executes it',
};

/** Run as root, because only then anybody's processes are seen and somebody can be kept from opening files. */
it('names whoever uses a file of the passive server, holds it back, and goes on once it is free', async () => {
  await using pair = await runningPair({ plant });
  await pair.synchronized();
  const holders = new Map<Way, FileHolder>();
  {
    await using held = new AsyncDisposableStack();
    for (const way of WAYS) {
      // What is compared and equal does not count; what nobody may open can't be compared.
      if (way === 'denial') await checkedEqual(pair);
      const holder = await FileHolder.start(way, join(pair.passive.data, way), unitOf(way));
      holders.set(way, held.use(holder));
    }
    for (const way of WAYS) fs.writeFileSync(join(pair.active.data, way), `new of ${way}`);
    fs.writeFileSync(join(pair.active.data, 'other'), 'new');
    await named(pair, holders);
    await toldEverywhere(pair);
    await until('others to go on', ARRIVED_MS, () =>
      fs.readFileSync(join(pair.passive.data, 'other'), 'utf8') === 'new' ? true : null,
    );
    expect(fs.readFileSync(join(pair.passive.data, 'open'), 'utf8')).toBe('old content');
  }
  await cleared(pair);
  await pair.settled();
  expect(pair.differences()).toEqual([]);
  const { entries } = await pair.passive.client.call('quarantineList', { limit: 10 });
  expect(entries).toEqual([]);
});

it('holds back what is deleted, replaced or moved while it is in use, and ends with equal trees', async () => {
  await using pair = await runningPair({ plant });
  await pair.synchronized();
  {
    await using held = new AsyncDisposableStack();
    for (const name of ['open', 'flock', 'posix', 'folder/inner'])
      held.use(await FileHolder.start('open', join(pair.passive.data, name)));
    fs.rmSync(join(pair.active.data, 'open'));
    fs.writeFileSync(join(pair.active.data, 'flock.new'), 'replaces');
    fs.renameSync(join(pair.active.data, 'flock.new'), join(pair.active.data, 'flock'));
    fs.writeFileSync(join(pair.active.data, 'posix'), 'changed');
    fs.renameSync(join(pair.active.data, 'posix'), join(pair.active.data, 'moved'));
    fs.rmSync(join(pair.active.data, 'folder'), { recursive: true });
    await until('four findings', NAMED_MS, async (seen) => {
      const items = (await pair.passive.findings('N29')).map(({ item }) => item).sort();
      seen(JSON.stringify(items));
      return items.join() === '/data/flock,/data/folder/inner,/data/moved,/data/open' ? true : null;
    });
    for (const name of ['open', 'flock', 'moved', 'folder/inner'])
      expect(fs.readFileSync(join(pair.passive.data, name), 'utf8')).toBe('old content');
    await until('what is free in a folder to go', ARRIVED_MS, (seen) => {
      const names = fs.readdirSync(join(pair.passive.data, 'folder')).join();
      seen(names);
      return names === 'inner' ? true : null;
    });
  }
  await cleared(pair);
  await pair.settled();
  expect(pair.differences()).toEqual([]);
});

it('finds a file still in use after the daemon was killed, and repairs it once it is free', async () => {
  await using pair = await runningPair({ plant });
  await pair.synchronized();
  {
    await using _held = await FileHolder.start('flock', join(pair.passive.data, 'flock'));
    fs.writeFileSync(join(pair.active.data, 'flock'), 'changed');
    await pair.passive.finding('N29', NAMED_MS);
    await pair.passive.kill();
    await pair.passive.start();
    await pair.passive.finding('N29');
    expect(fs.readFileSync(join(pair.passive.data, 'flock'), 'utf8')).toBe('old content');
  }
  await cleared(pair);
  await pair.settled();
  expect(pair.differences()).toEqual([]);
});

function plant(data: string): void {
  for (const way of WAYS) fs.writeFileSync(join(data, way), 'old content');
  fs.copyFileSync('/bin/sleep', join(data, 'execution'));
  fs.chmodSync(join(data, 'execution'), 0o755);
  fs.writeFileSync(join(data, 'other'), 'old');
  fs.mkdirSync(join(data, 'folder'));
  for (const name of ['inner', 'free']) fs.writeFileSync(join(data, 'folder', name), 'old content');
}

async function checkedEqual(pair: Pair): Promise<void> {
  expect((await pair.active.run('check')).status).toBe(0);
  expect(await pair.passive.findings('N29')).toEqual([]);
}

/** Every holder: file, process, unit, and how. */
async function named(pair: Pair, holders: ReadonlyMap<Way, FileHolder>): Promise<void> {
  await until('a finding for each way', NAMED_MS, async (seen) => {
    const findings = await pair.passive.findings('N29');
    seen(JSON.stringify(findings));
    return findings.length === WAYS.length ? true : null;
  });
  for (const finding of await pair.passive.findings('N29')) {
    const way = finding.item?.slice('/data/'.length) as Way;
    expect(finding).toMatchObject({ severity: 'error', server: 'secondary' });
    expect(finding.cause).toContain('The passive server (secondary)');
    expect(finding.cause).toContain(`(process ${holders.get(way)?.pid}`);
    expect(finding.cause).toContain(SAID[way]);
    expect(finding.cause).toContain('No application that opens protected files may run on the passive server');
    expect(finding.cause).toContain(`unit ${unitOf(way)}`);
    expect(finding.resolution).toContain(
      way === 'denial' ? 'exclude the protected folders from it' : `systemctl disable --now ${unitOf(way)}`,
    );
  }
}

function unitOf(way: Way): string {
  return `understudy-trial-${way}.service`;
}

/** On both servers: the events, the items, the status. */
async function toldEverywhere(pair: Pair): Promise<void> {
  for (const server of pair.servers) {
    const status = await until('Out of sync', NAMED_MS, async (seen) => {
      const { fileSystem } = await server.status();
      seen(JSON.stringify(fileSystem));
      return fileSystem.itemsOutOfSync === WAYS.length ? fileSystem : null;
    });
    expect(status.status).toBe('Out of sync');
    // Each is told for itself, and may come later than the status.
    const events = await until('an event of each way', NAMED_MS, async (seen) => {
      const told = (await server.events('N29')).map(({ item, server: where }) => `${item} ${where}`);
      seen(told.join());
      return told.length >= WAYS.length ? told : null;
    });
    expect(events.sort()).toEqual(WAYS.map((way) => `/data/${way} secondary`).sort());
    const { items } = await server.client.call('files', { outOfSync: true, limit: 100 });
    expect(items.map(({ path, status: one }) => `${path} ${one}`)).toEqual(
      WAYS.map((way) => `/data/${way} Out of sync`).sort(),
    );
    expect(items.every(({ reason }) => reason?.includes('it is in use by'))).toBe(true);
  }
}

async function cleared(pair: Pair): Promise<void> {
  await until('the findings to clear', CLEARED_MS, async (seen) => {
    const statuses = await Promise.all(pair.servers.map((server) => server.status()));
    const findings = statuses.flatMap((status) => status.findings.filter(({ code }) => code === 'N29'));
    seen(JSON.stringify(findings));
    return findings.length === 0 ? true : null;
  });
}
