/**
 * What it proves: `preflight` says before and after pairing what is in the way, with the codes that the daemon uses;
 * `collect` writes one archive of both servers in which no key and no secret is.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AnswerOf } from '../../src/api/requests.ts';
import type { IdentityFacts } from '../../src/identity/identity.ts';
import { INTERCEPTED } from '../support/pair-in-test.ts';
import { changeSettings, makePair, type Pair, startPair } from '../support/pair.ts';
import type { TrialServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const SECRET = 'hunter2';
const WAIT_MS = 120_000;

let pair: Pair;

beforeAll(async () => {
  pair = await startPair({ plant: (data) => fs.writeFileSync(join(data, 'file'), 'content') });
});
afterAll(() => pair[Symbol.asyncDispose]());

async function preflight(server: TrialServer): Promise<{ status: number; answer: AnswerOf<'preflight'> }> {
  const { status, stdout, stderr } = await server.run('preflight', '--json');
  if (stdout === '') throw new Error(stderr);
  return { status, answer: JSON.parse(stdout) as AnswerOf<'preflight'> };
}

function codes(answer: AnswerOf<'preflight'>): string[] {
  return answer.findings.map(({ code }) => code);
}

it('a server that is not paired is told so, and a folder that is not there', async () => {
  await using alone = await makePair({ unpaired: true });
  const { active } = alone;
  fs.rmdirSync(active.data);
  const { status, answer } = await preflight(active);
  expect(status).toBe(1);
  expect(answer.servers).toEqual(['primary']);
  expect(codes(answer)).toContain('IDN-001');
  expect(answer.findings.find(({ code }) => code === 'DIA-013')).toMatchObject({ item: '/data', severity: 'error' });
  // Nobody listens there yet: the other server's daemon does not run.
  expect(answer.findings.find(({ code }) => code === 'CHN-033')?.evidence).toContain(
    `TCP port ${alone.passive.place.channelPort}: refused by the machine itself`,
  );
});

it('a listed service that this machine does not have is told before a daemon runs', async () => {
  const services = [{ name: '/nowhere/shop', manager: 'runit' as const }];
  await using alone = await makePair({ pairSettings: { protect: { services } } });
  const { answer } = await preflight(alone.active);
  expect(answer.findings.find(({ code }) => code === 'SVC-002')).toMatchObject({ item: '/nowhere/shop' });
});

it('a file of an intercepted folder that has a name outside of it is told', async () => {
  await using alone = await makePair({
    pairSettings: INTERCEPTED,
    plant: (data) => fs.writeFileSync(join(data, 'file'), ''),
  });
  const { active } = alone;
  fs.linkSync(join(active.data, 'file'), join(active.data, 'inside'));
  expect(codes((await preflight(active)).answer)).not.toContain('CAP-038');
  fs.linkSync(join(active.data, 'file'), join(active.base, 'outside'));
  const found = (await preflight(active)).answer.findings.find(({ code }) => code === 'CAP-038');
  // Who may not mount watches it, and is told of everything.
  if (INTERCEPTED.capture === undefined) expect(found).toBeUndefined();
  else
    expect(found).toMatchObject({
      item: '/data',
      cause: expect.stringMatching(/^1 files in \/data .*(file|inside)/),
    });
});

it('a port that another program has is told, with the program', async () => {
  await using alone = await makePair();
  const { active, passive } = alone;
  await passive.start();
  changeSettings(active.serverFile, { channel: { listen: [`127.0.0.1:${passive.place.channelPort}`] } });
  // It answers before it listens there.
  const found = await until('the port to be in use', WAIT_MS, async (seen) => {
    const { answer } = await preflight(active);
    seen(JSON.stringify(answer));
    return answer.findings.find(({ code }) => code === 'CHN-001') ?? null;
  });
  expect(found.cause).toContain(`process ${passive.daemon?.pid ?? 0}`);
});

it('a pair that is well has no error, and both servers were looked at', async () => {
  await pair.synchronized();
  for (const server of pair.servers) {
    // That a thread, or the other server, stood still is an error for as long as the machine has too much else to do.
    const status = await until('both to be looked at and to have no error', WAIT_MS, async (seen) => {
      const found = await preflight(server);
      seen(JSON.stringify(found));
      const errors = found.answer.findings.filter(({ severity }) => severity === 'error');
      return errors.length === 0 && found.answer.servers.length === 2 ? found.status : null;
    });
    expect(status).toBe(0);
  }
});

it('collects both servers in one archive, without keys and secrets', async () => {
  await pair.synchronized();
  for (const { serverFile } of pair.servers) fs.appendFileSync(serverFile, `# the old password: ${SECRET}\n`);
  const archive = join(pair.top, 'bundle.tar.gz');
  const { status, stderr } = await pair.active.run('collect', '--output', archive);
  expect([status, stderr]).toEqual([0, '']);
  expect(fs.statSync(archive).mode & 0o777).toBe(0o600);
  const folder = join(pair.top, 'unpacked');
  fs.mkdirSync(folder);
  execFileSync('tar', ['-xzf', archive, '-C', folder]);
  const files = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  const texts = files
    .filter((file) => fs.statSync(file).isFile())
    .map((file) => ({ file, text: fs.readFileSync(file, 'utf8') }));
  const names = texts.map(({ file }) => file.split('/').slice(-2).join('/')).sort();
  for (const server of ['primary', 'secondary']) {
    for (const name of ['status.json', 'findings.json', 'events.txt', 'server.yaml', 'pair.yaml', 'versions.txt']) {
      expect(names).toContain(`${server}/${name}`);
    }
  }
  const all = texts.map(({ text }) => text).join('\n');
  expect(all).toContain('understudy: ');
  expect(all).not.toContain(SECRET);
  expect(all).not.toContain('PRIVATE KEY');
  for (const server of pair.servers) {
    const { key } = JSON.parse(fs.readFileSync(join(server.stateDirectory, 'identity.json'), 'utf8')) as IdentityFacts;
    for (const line of key.split('\n').filter((one) => one.length > 20)) expect(all).not.toContain(line);
  }
});

it('collects this server alone where the other one can not be asked, and says so', async () => {
  await pair.passive.stop();
  const archive = join(pair.top, 'alone.tar.gz');
  expect((await pair.active.run('collect', '--output', archive)).status).toBe(0);
  const names = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' });
  expect(names).toContain('secondary/not-collected.txt');
  expect(names).toContain('primary/status.json');
});
