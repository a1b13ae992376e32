/**
 * What it proves: whatever is wrong about what Understudy is given (settings, tokens, folders, rights,
 * bytes from the network), it names the thing and what to do, loses nothing it need not
 * lose, and goes on where it can.
 */
import fs from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { frameHeader } from '../../src/kernel/frames.ts';
import type { SecureSocket } from '../../src/kernel/sockets.ts';
import { over } from '../support/after-fault.ts';
import { Command } from '../support/child.ts';
import { FakePeer } from '../support/fake-peer.ts';
import { type Pair, startPair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import type { TrialServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const QUICK = { heartbeatMs: 200, lostAfterMs: 1_500, waitMs: 300, reconnectDelayMsMin: 50, reconnectDelayMsMax: 300 };
const TOLD_WITHIN_MS = 120_000;
/** The user `nobody`. */
const ORDINARY_USER = 65_534;
const isRoot = process.getuid?.() === 0;

describe('a daemon that is given wrong settings', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair({ plant });
    await pair.synchronized();
    await pair.active.stop();
  });
  afterAll(() => pair[Symbol.asyncDispose]());

  it.each([
    ['server.yaml', 'quues: { sizeBytesMax: 100000000 }', 'quues', 'queues'],
    ['pair.yaml', 'orphan: log', 'orphan', 'orphans'],
  ])('names file, line and the nearest key for an unknown one in %s', async (name, text, key, meant) => {
    const line = await withAppended(fileOf(name), text, expectRefusal);
    expect(line).toContain(`${fileOf(name)}:${lineCount(fileOf(name)) + 1}: ${key}`);
    expect(line).toContain(meant);
  });

  it.each([
    ['server.yaml', 'log: { level: loud }', 'log.level'],
    ['pair.yaml', 'check: { schedule: "25:00" }', 'check.schedule'],
  ])('names file, line and key for an impossible value in %s', async (name, text, key) => {
    // What `init` wrote may hold the key already; a file may hold it once only.
    const line = await withAppended(fileOf(name), text, expectRefusal, text.split(':')[0]);
    expect(line).toContain(`${fileOf(name)}:`);
    expect(line).toContain(key);
  });

  it.each(['server.yaml', 'pair.yaml'])('names %s where it is missing', async (name) => {
    const file = fileOf(name);
    fs.renameSync(file, `${file}.away`);
    try {
      const ran = await pair.active.run('run');
      expect(ran.status).toBe(1);
      expect(ran.stderr).toContain(`[CFG-001] Cannot read the settings file ${file}`);
    } finally {
      fs.renameSync(`${file}.away`, file);
    }
  });

  it('names the address that another program listens on, and starts once it is free', async () => {
    const port = pair.active.place.channelPort;
    const other = await listening(port);
    const ran = await pair.active.run('run');
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(`[CHN-001] The address 127.0.0.1:${port} is in use`);
    // By its own code, and as no fault of replication.
    expect(ran.stdout).not.toContain('DMN-003');
    await new Promise((resolve) => other.close(resolve));
    await pair.active.start();
    await pair.synchronized();
  });

  it('does not run twice with one state folder', async () => {
    if (pair.active.daemon === null) await pair.active.start();
    const second = await pair.active.run('run');
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('[CLI-004]');
    expect(second.stderr).toContain(pair.active.stateDirectory);
    await pair.synchronized({ after: Date.now() });
  });

  function fileOf(name: string): string {
    return name === 'server.yaml' ? pair.active.serverFile : pair.active.pairFile;
  }

  async function expectRefusal(): Promise<string> {
    const ran = await pair.active.run('run');
    expect(ran.status).toBe(1);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain('[CFG-002]');
    return ran.stderr;
  }
});

describe('a token', () => {
  it('that is no token, cut, or used is refused and says what to do [IDN-002]', async () => {
    await using pair = await startPair({ unpaired: true });
    const { active, passive } = pair;
    const join = async (token: string): Promise<string> => {
      const ran = await passive.run('join', token, '--replace');
      expect(ran.status).toBe(1);
      return ran.stderr;
    };
    expect(await join('nonsense')).toContain('[IDN-002]');
    const invite = active.command('invite');
    const token = await until('a token', TOLD_WITHIN_MS, () =>
      invite.stdout.includes('\n') ? invite.stdout.trim() : null,
    );
    expect(await join(token.slice(0, -3))).toContain('[IDN-002]');
    expect(await join(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).toContain('[IDN-002]');
    // An address that this server does not have is met before the invitation is used up.
    const none = ['--config', `${passive.serverFile}.none`, '--state-directory', passive.stateDirectory];
    const foreign = await new Command(['join', token, '--listen', '192.0.2.77', ...none], {}).ran;
    expect([foreign.status, foreign.stderr]).toEqual([1, expect.stringContaining('[CHN-002]')]);
    expect(await passive.run('join', token)).toMatchObject({ status: 0 });
    expect((await invite.ran).status).toBe(0);
    const used = await join(token);
    expect(used).toContain('[IDN-002]');
    expect(used).toContain('understudy invite');
    await pair.synchronized();
  });
});

describe('a protected folder', () => {
  it('that is missing on the active is told, nothing is removed for it, and it is taken up when it comes', async () => {
    await using pair = await runningPair({ plant });
    await pair.synchronized();
    await pair.active.stop();
    fs.renameSync(pair.active.data, `${pair.active.data}.away`);
    await pair.active.start();
    const finding = await pair.active.finding('CAP-001');
    expect(finding).toMatchObject({ severity: 'error', item: '/data' });
    expect((await pair.active.status()).fileSystem.status).not.toBe('Synchronized');
    expect(fs.readFileSync(join(pair.passive.data, 'file'), 'utf8')).toBe('content');
    fs.renameSync(`${pair.active.data}.away`, pair.active.data);
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    await over(pair.active, 'CAP-001');
    expect(await pair.active.events('CAP-011')).toHaveLength(1);
    expect(await pair.active.events('CAP-004')).toEqual([]);
  });
});

describe('a daemon of an ordinary user', () => {
  it('says which rights are missing and what it cannot do, names what it may not read, and works', async () => {
    await using pair = await runningPair({ plant: plantUnreadable, ...(isRoot ? { user: ORDINARY_USER } : {}) });
    await expectRightsTold(pair.active);
    await expectUnreadableTold(pair);
  });
});

describe('bytes that make no sense', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair({ plant, pairSettings: { channel: QUICK } });
    await pair.synchronized();
  });
  afterAll(() => pair[Symbol.asyncDispose]());

  it('on the channel port end that connection and are told [CHN-013]; the pair goes on', async () => {
    showLogsOnFailure();
    const random = new SeededRandom(5);
    for (let n = 0; n < 20; n++) {
      await sendRaw(
        pair.active.place.channelPort,
        Buffer.from(Array.from({ length: 300 }, () => random.integer(0, 256))),
      );
    }
    // A TLS record that announces a handshake and holds garbage.
    await sendRaw(
      pair.active.place.channelPort,
      Buffer.concat([Buffer.from([22, 3, 1, 2, 0]), Buffer.alloc(512, 0xa5)]),
    );
    expect(await pair.active.finding('CHN-013')).toMatchObject({ severity: 'warning' });
    await stillWorks('garbage');
  });

  it('from a stranger in TLS end that connection and are told [CHN-004]; the pair goes on', async () => {
    showLogsOnFailure();
    await new Promise<void>((resolve) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: pair.active.place.channelPort,
        rejectUnauthorized: false,
        ALPNProtocols: ['understudy-control/1'],
        minVersion: 'TLSv1.3',
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.on('data', () => undefined);
      socket.write(Buffer.alloc(1000, 0x5a));
    });
    await pair.active.finding('CHN-004');
    await stillWorks('stranger');
  });

  it.each(['control', 'data'] as const)(
    'from the other server on a %s connection end that one; the pair goes on',
    async (kind) => {
      showLogsOnFailure();
      const sent: readonly Uint8Array[] = [
        Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3]),
        Buffer.from([0, 0, 0, 0]),
        Buffer.concat([frameHeader(5), Buffer.from([0xc1, 0xc1, 0xc1, 0xc1, 0xc1])]),
        // Announces more than comes, and then says nothing.
        Buffer.concat([frameHeader(1000), Buffer.alloc(10)]),
      ];
      for (const bytes of sent) {
        const socket = await FakePeer.connect(pair.active, pair.passive, kind);
        const ended = closed(socket);
        socket.write(bytes);
        await ended;
      }
      await stillWorks(`${kind}-frames`);
      expect(await pair.active.events('CHN-013')).not.toEqual([]);
    },
  );

  async function stillWorks(name: string): Promise<void> {
    expect(pair.active.daemon?.end).toBe(null);
    fs.writeFileSync(join(pair.active.data, name), name);
    await pair.settled();
    expect(pair.differences()).toEqual([]);
  }

  function showLogsOnFailure(): void {
    onTestFailed(() => void process.stderr.write(`${pair.logs()}\n`));
  }
});

async function expectRightsTold(server: TrialServer): Promise<void> {
  // Once the two have met, it shows those that the other server lacks as well.
  const missing = (await server.findings('SYS-002')).filter((finding) => finding.server === server.title);
  expect(missing).toMatchObject([{ severity: 'warning' }]);
  // Each right, and after it what can't be done.
  expect(missing[0]?.cause).toMatch(
    /lacks rights: CAP_CHOWN, .*Without CAP_CHOWN the owners .*; without CAP_SYS_ADMIN/s,
  );
  expect(server.log()).toMatch(/SYS-002/);
}

/** Never called Synchronized while it can't be compared; what lies beside it is replicated all the same. */
async function expectUnreadableTold(pair: Pair): Promise<void> {
  expect(await pair.active.finding('CAP-002')).toMatchObject({ severity: 'warning', item: '/data/closed' });
  const later = join(pair.active.data, 'later');
  fs.writeFileSync(later, 'replicated');
  // An ordinary user can't give files away, so a file of ours would rightly be held back.
  if (isRoot) fs.chownSync(later, ORDINARY_USER, ORDINARY_USER);
  await until('a file beside it', TOLD_WITHIN_MS, () => {
    const path = join(pair.passive.data, 'later');
    return fs.existsSync(path) && fs.readFileSync(path, 'utf8') === 'replicated' ? true : null;
  });
  for (const server of pair.servers) {
    expect((await server.status()).fileSystem.status).not.toContain('Synchronized');
  }
  fs.chmodSync(join(pair.active.data, 'closed'), 0o755);
  await pair.settled();
  expect(pair.differences()).toEqual([]);
  expect(fs.readFileSync(join(pair.passive.data, 'closed/inside'), 'utf8')).toBe('kept');
  await over(pair.active, 'CAP-002');
}

function plant(data: string): void {
  fs.writeFileSync(join(data, 'file'), 'content');
}

function plantUnreadable(data: string): void {
  plant(data);
  fs.mkdirSync(join(data, 'closed'));
  fs.writeFileSync(join(data, 'closed/inside'), 'kept');
  fs.chmodSync(join(data, 'closed'), 0);
}

/** Adds a line (in place of the group `instead`) for as long as `then` takes. */
async function withAppended<Result>(
  file: string,
  text: string,
  then: () => Promise<Result>,
  instead?: string,
): Promise<Result> {
  const before = fs.readFileSync(file, 'utf8');
  const kept =
    instead === undefined ? before : before.replace(new RegExp(`^${instead}:.*\\n(?:[ \\t]+.*\\n)*`, 'm'), '');
  fs.writeFileSync(file, `${kept.trimEnd()}\n${text}\n`);
  try {
    return await then();
  } finally {
    fs.writeFileSync(file, before);
  }
}

function lineCount(file: string): number {
  return fs.readFileSync(file, 'utf8').trimEnd().split('\n').length;
}

/** A program of somebody else that has the port. */
function listening(port: number): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined).destroy());
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function sendRaw(port: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    socket.on('close', () => resolve());
    socket.on('end', () => socket.end());
    socket.write(bytes);
    // Some of these bytes announce more than comes: this side gives up before the daemon does.
    void pause(500).then(() => socket.destroy());
  });
}

function closed(socket: SecureSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.onData(() => undefined);
    socket.onClose(() => resolve());
  });
}
