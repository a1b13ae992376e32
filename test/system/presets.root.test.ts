/*
 * What it proves: what `init --for` writes is enough. A database in the layout of Debian's package, protected by its preset
 * and nothing else, is lost in the middle of its work, and the copy opens on the passive server with all that it had.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { APPLICATION_PRESETS } from '../../src/settings/application-presets.ts';
import { MariaDb } from '../support/databases/mariadb.ts';
import { Postgres } from '../support/databases/postgres.ts';
import { type Pair, startPair } from '../support/pair.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 120_000;
/** Of a database at work: those of a good many commits. */
const CHANGES = 1_000;
/** The release that Debian's package has here, as its folders name it. */
const RELEASE = fs.readdirSync('/usr/lib/postgresql').sort().at(-1) ?? '';

const DATABASES = [
  {
    application: 'postgresql',
    protected: `var/lib/postgresql/${RELEASE}`,
    parent: `var/lib/postgresql/${RELEASE}`,
    folder: 'main',
    make: (parent: string) => new Postgres(parent, 'main'),
    etc: `etc/postgresql/${RELEASE}/main/postgresql.conf`,
    unit: `postgresql@${RELEASE}-main.service`,
    leftOut: ['postmaster.pid', 'pg_stat_tmp/x', 'pg_notify/0000', 'pg_subtrans/0000'],
  },
  {
    application: 'mariadb',
    protected: 'var/lib/mysql',
    parent: 'var/lib',
    folder: 'mysql',
    make: (parent: string) => new MariaDb(parent, 'mysql'),
    etc: 'etc/mysql/mariadb.cnf',
    unit: 'mariadb.service',
    leftOut: ['here.pid', 'ibtmp1'],
  },
];

it.each(DATABASES)('$application opens on the passive server, by what its preset protects', async (one) => {
  const plant = (data: string): void => {
    const base = join(data, '..');
    for (const folder of [one.protected, join(one.etc, '..')]) fs.mkdirSync(join(base, folder), { recursive: true });
    fs.writeFileSync(join(base, one.etc), '# ours\n');
  };
  await using pair = await startPair({ application: one.application, plant });
  const { active, passive } = pair;
  const { protect } = parse(fs.readFileSync(active.pairFile, 'utf8')) as { protect: { services: { name: string }[] } };
  expect(protect.services.map(({ name }) => name)).toEqual([one.unit]);

  // What is opened before leads past the mount.
  await intercepted(pair);
  await using database = one.make(join(active.base, one.parent));
  await database.create();
  for (const name of one.leftOut) fs.appendFileSync(join(active.base, one.parent, one.folder, name), '');
  const { fileSystem } = await pair.active.status();
  database.work();
  await consistent(pair, fileSystem.position.sequence + CHANGES);
  await database[Symbol.asyncDispose]();
  await pair.synchronized({ timeoutMs: WAIT_MS, after: Date.now() });
  await Promise.all(pair.servers.map((server) => server.stop()));

  const copy = join(passive.base, one.parent);
  for (const name of one.leftOut) expect(fs.existsSync(join(copy, one.folder, name))).toBe(false);
  expect(fs.readFileSync(join(passive.base, one.etc), 'utf8')).toBe('# ours\n');
  expect(await database.look(copy)).toBeGreaterThan(0);
});

async function intercepted(pair: Pair): Promise<void> {
  await until('all folders to be intercepted', WAIT_MS, async (seen) => {
    const { capture, findings, fileSystem } = await pair.active.status();
    seen(JSON.stringify({ capture, findings, fileSystem }));
    const isAll = capture.length === 2 && capture.every(({ kind }) => kind === 'intercept');
    return isAll && fileSystem.status === 'Synchronized' ? true : null;
  });
}

/** And is so at a position that lies behind this one. */
async function consistent(pair: Pair, sequence: number): Promise<void> {
  await until('a consistent copy of a database at work', WAIT_MS, async (seen) => {
    const statuses = await Promise.all(pair.servers.map((server) => server.status()));
    seen(JSON.stringify(statuses.map(({ fileSystem, capture, findings }) => ({ fileSystem, capture, findings }))));
    return statuses.every(({ fileSystem: one }) => one.consistent && one.position.sequence > sequence) ? true : null;
  });
}

it.each([
  ['postgresql', '/lib/systemd/system/postgresql@.service', '/usr/bin/pg_lsclusters'],
  ['mariadb', '/lib/systemd/system/mariadb.service', '/var/lib/mysql/ibdata1'],
] as const)('%s: the package that is installed here is as its preset takes it to be', (name, unit, file) => {
  const { include = [], probes = [] } = APPLICATION_PRESETS.find((one) => one.name === name) ?? {};
  expect(include).not.toEqual([]);
  const programs = probes.flatMap(({ command }) => command?.slice(0, 1) ?? []);
  for (const program of programs) expect(fs.existsSync(join('/usr/bin', program))).toBe(true);
  expect(programs).not.toEqual([]);
  const paths = [unit, file, ...include.map((pattern) => pattern.replace('/**', ''))];
  expect(paths.filter((path) => !fs.existsSync(path))).toEqual([]);
});
