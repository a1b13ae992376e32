import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import type { IdentityFacts } from '../../../src/identity/identity.ts';
import { createCertificate } from '../../../src/system/network/certificates.ts';
import type { TrialServer } from '../server.ts';
import { until } from '../until.ts';
import { APART, PASSIVE, PORT, type DiagnosisRig } from './rig.ts';
import type { Scenario } from './scenario.ts';

const LATE_MS = 120_000;

/** What is wrong with who answers at the other end. */
export const OTHER_END_SCENARIOS: readonly Scenario<DiagnosisRig>[] = [
  {
    name: 'Another program listens at the port of the passive server',
    resolution: 'that program stopped, Understudy started',
    inject: async (rig) => {
      await rig.pair.passive.stop();
      await listenThere(rig, "c.sendall(b'SSH-2.0-OpenSSH_9.2\\r\\n')");
    },
    expected: [{ server: 'active', code: 'CHN-036', says: /it says "SSH-2\.0-OpenSSH_9\.2"/ }],
    status: APART,
    repair: async (rig) => {
      await endListener();
      await rig.pair.passive.start();
    },
  },
  {
    name: 'A web server listens at the port of the passive server',
    resolution: 'that program stopped, Understudy started',
    inject: async (rig) => {
      await rig.pair.passive.stop();
      await listenThere(rig, "c.recv(2000); c.sendall(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n')");
    },
    expected: [{ server: 'active', code: 'CHN-036', says: /does not speak TLS/ }],
    status: APART,
    repair: async (rig) => {
      await endListener();
      await rig.pair.passive.start();
    },
  },
  {
    name: 'What listens there takes connections and says nothing',
    resolution: 'that program stopped, Understudy started',
    inject: async (rig) => {
      await rig.pair.passive.stop();
      await listenThere(rig, 'keep.append(c); continue');
    },
    expected: [{ server: 'active', code: 'CHN-045', evidence: /TCP port 57348: accepted/ }],
    status: APART,
    repair: async (rig) => {
      await endListener();
      await rig.pair.passive.start();
    },
  },
  {
    name: "The passive server's certificate has expired",
    resolution: 'a valid certificate exchanged',
    inject: async (rig) => {
      for (const server of rig.pair.servers) await server.stop();
      await withCertificate(rig, { notAfter: new Date('2024-01-01T00:00:00Z') });
      await rig.pair.start();
    },
    expected: [
      { server: 'active', code: 'CHN-040', says: /2024/ },
      { server: 'passive', code: 'CHN-040', says: /this server/ },
    ],
    status: APART,
    repair: async (rig) => {
      for (const server of rig.pair.servers) await server.stop();
      await withCertificate(rig, {});
      await rig.pair.start();
    },
  },
  {
    name: 'Certificate of another pair',
    resolution: 'the right certificate put back',
    inject: async (rig) => {
      await rig.pair.passive.stop();
      keptIdentity = edit(rig.pair.passive, await createCertificate('another secondary'));
      await rig.pair.passive.start();
    },
    expected: [
      { server: 'active', code: 'CHN-004', says: /"another secondary"/ },
      { server: 'passive', code: 'CHN-004' },
    ],
    status: APART,
    repair: async (rig) => {
      await rig.pair.passive.stop();
      if (keptIdentity !== null) edit(rig.pair.passive, keptIdentity);
      await rig.pair.passive.start();
    },
  },
  {
    name: 'Clocks apart',
    resolution: 'the clock set right',
    inject: async (rig) => {
      await rig.pair.passive.stop();
      await rig.pair.passive.start({ preload: join(import.meta.dirname, '../clock-ahead.ts') });
    },
    expected: [
      { server: 'active', code: 'CHN-011', says: /differ by \d+ min / },
      { server: 'passive', code: 'CHN-011' },
    ],
    status: ['Synchronized', 'Synchronized and busy processing', 'Checking'],
    repair: async (rig) => {
      await rig.pair.passive.stop();
      await rig.pair.passive.start();
    },
  },
];

let keptIdentity: IdentityFacts | null = null;
let listener: ReturnType<typeof spawn> | null = null;

/** A program of Python that listens at the passive server's port and does this with each connection `c`. */
async function listenThere(rig: DiagnosisRig, deed: string): Promise<void> {
  const program = `
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('${PASSIVE}', ${PORT})); s.listen(50); print('ready', flush=True)
keep = []
while True:
    c, _ = s.accept()
    try:
        ${deed}
    except OSError: pass
    c.close()
`;
  listener = spawn('ip', ['netns', 'exec', rig.passive.namespace, 'python3', '-c', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  listener.stdout?.on('data', (data: Buffer) => (said += data.toString()));
  await until('a program to listen', LATE_MS, () => (said.includes('ready') ? true : null));
}

async function endListener(): Promise<void> {
  const ended = new Promise((resolve) => listener?.once('exit', resolve));
  listener?.kill('SIGKILL');
  await ended;
  listener = null;
}

/** Gives the passive server another certificate, and the active one trust in it. */
async function withCertificate(rig: DiagnosisRig, life: { readonly notAfter?: Date }): Promise<void> {
  const { key, certificate, fingerprint } = await createCertificate('trial secondary', life);
  edit(rig.pair.passive, { key, certificate, fingerprint });
  const { peer } = read(rig.pair.active);
  if (peer !== null) edit(rig.pair.active, { peer: { ...peer, certificate, fingerprint } });
}

function edit(server: TrialServer, changes: Partial<IdentityFacts>): IdentityFacts {
  const before = read(server);
  fs.writeFileSync(fileOf(server), JSON.stringify({ ...before, ...changes }));
  return before;
}

function read(server: TrialServer): IdentityFacts {
  return JSON.parse(fs.readFileSync(fileOf(server), 'utf8')) as IdentityFacts;
}

function fileOf(server: TrialServer): string {
  return join(server.stateDirectory, 'identity.json');
}
