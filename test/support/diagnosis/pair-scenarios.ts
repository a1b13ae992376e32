import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import type { IdentityFacts } from '../../../src/identity/identity.ts';
import { Antivirus, VIRUS } from '../antivirus.ts';
import { FileHolder, type Way } from '../file-holder.ts';
import { changeSettings } from '../pair.ts';
import { removeTree } from '../remove-tree.ts';
import type { TrialServer } from '../server.ts';
import { until } from '../until.ts';
import { UnseenWriter } from '../unseen-writer.ts';
import { type DiagnosisRig, FREE_BYTES_MIN, QUEUE_BYTES_MAX } from './rig.ts';
import type { Scenario } from './scenario.ts';

const MIB = 1024 * 1024;
const CHUNK_BYTES = 240 * 1024;
const TAKEN_OVER_MS = 120_000;
const WELL = ['Synchronized', 'Synchronized and busy processing'] as const;
const HELD = ['Out of sync'] as const;
const ANY = [...WELL, ...HELD, 'Unchecked', 'Checking', 'Error'] as const;

/** What lasts from the injection to the repair. */
const held: AsyncDisposable[] = [];

async function release(): Promise<void> {
  for (const one of held.splice(0)) await one[Symbol.asyncDispose]();
}

/** A process on the passive server that holds a file while the active one changes it. */
function inUse(way: Way, how: string, says: RegExp, unit: string | null = null): Scenario<DiagnosisRig> {
  return {
    name: `A file is in use on the passive server: ${how}`,
    resolution: 'the process ended',
    inject: async ({ pair }) => {
      held.push(await FileHolder.start(way, join(pair.passive.data, 'file'), unit));
      fs.writeFileSync(join(pair.active.data, 'file'), `changed while it is held ${performance.now()}`);
    },
    expected: [{ server: 'passive', code: 'N29', item: /^\/data\/file$/, says, evidence: /process \d+/ }],
    status: HELD,
    repair: release,
  };
}

/** The disk of a queue that somebody else fills. */
function fullQueueDisk(role: 'active' | 'passive', code: 'JRN-007' | 'M4', leaveBytes: number): Scenario<DiagnosisRig> {
  const what = code === 'M4' ? 'is too full for the queue to grow' : 'becomes full';
  return {
    name: `The disk of the ${role} server's queue ${what}`,
    resolution: 'space made there',
    inject: ({ disks }) => disks[role].queues.fill(leaveBytes),
    expected: [{ server: role, code, says: /MiB left.* 40\.0 MiB are to stay free/ }],
    status: ANY,
    repair: ({ disks }) => disks[role].queues.empty(),
  };
}

/** The passive server's identity changed while it does not run. */
function otherIdentity(
  name: string,
  code: string,
  changes: Partial<IdentityFacts>,
  options: { readonly status?: Scenario<DiagnosisRig>['status']; readonly on?: 'active' } = {},
): Scenario<DiagnosisRig> {
  let before: IdentityFacts | null = null;
  const changed = ({ pair }: DiagnosisRig): TrialServer => (options.on === 'active' ? pair.active : pair.passive);
  return {
    name,
    resolution: 'set right again, Understudy restarted',
    inject: async (rig) => {
      await changed(rig).stop();
      before = edit(changed(rig), changes);
      await changed(rig).start();
    },
    expected: [
      { server: 'active', code },
      { server: 'passive', code },
    ],
    status: options.status ?? HELD,
    repair: async (rig) => {
      await changed(rig).stop();
      if (before !== null) edit(changed(rig), before);
      await changed(rig).start();
    },
  };
}

export const PAIR_SCENARIOS: readonly Scenario<DiagnosisRig>[] = [
  inUse('open', 'open for writing', /has it open for writing/),
  { ...inUse('flock', 'locked (flock)', /has it locked/), isShort: true },
  inUse('posix', 'locked (POSIX)', /has it locked/),
  inUse('mapping', 'mapped for writing', /has it mapped into memory for writing/),
  {
    ...inUse('open', 'by a service', /unit understudy-trial\.service/, 'understudy-trial.service'),
    resolution: 'the service stopped',
  },
  {
    name: 'On-access antivirus (ClamAV) denies a file on the passive server',
    resolution: 'the scan ended; the finding names the product and the exclusion',
    inject: async ({ pair }) => {
      fs.writeFileSync(join(pair.active.data, 'infected'), VIRUS);
      await pair.settled();
      held.push(await Antivirus.start(pair.passive.data, join(pair.passive.data, 'infected')));
      fs.writeFileSync(join(pair.active.data, 'infected'), 'healed');
    },
    expected: [
      {
        server: 'passive',
        code: 'N29',
        item: /infected/,
        says: /antivirus program clamonacc of ClamAV/,
        under: 'DIA-021',
      },
    ],
    status: HELD,
    beside: ['DIA-021'],
    repair: async ({ pair }) => {
      await release();
      fs.rmSync(join(pair.active.data, 'infected'));
    },
  },
  {
    name: 'The passive server is short of space',
    resolution: 'space made there',
    inject: async ({ disks, pair }) => {
      disks.passive.data.fill();
      fs.writeFileSync(join(pair.active.data, 'large'), Buffer.alloc(2 * MIB, 'large'));
    },
    expected: [{ server: 'passive', code: 'APL-030', item: /^\/data$/ }],
    status: HELD,
    repair: ({ disks, pair }) => {
      disks.passive.data.empty();
      fs.rmSync(join(pair.active.data, 'large'));
    },
    isShort: true,
  },
  {
    name: 'The file system of the active server became read-only',
    resolution: 'mounted writable again',
    inject: (rig) => rig.disks.active.data.remount('ro'),
    expected: [{ server: 'active', code: 'CAP-020', item: /^\/data$/ }],
    status: ANY,
    repair: (rig) => rig.disks.active.data.remount('rw'),
  },
  fullQueueDisk('active', 'JRN-007', FREE_BYTES_MIN + 5 * MIB),
  fullQueueDisk('passive', 'JRN-007', FREE_BYTES_MIN + 5 * MIB),
  fullQueueDisk('active', 'M4', FREE_BYTES_MIN - 10 * MIB),
  fullQueueDisk('passive', 'M4', FREE_BYTES_MIN - 10 * MIB),
  {
    name: 'The send queue fills while the two are apart',
    resolution: 'the cable put in again',
    inject: (rig) => apartWith(rig, 0.85),
    expected: [{ server: 'active', code: 'JRN-006', says: /send queue/, under: 'CHN-032' }],
    status: HELD,
    beside: ['CHN-032', 'CHN-043'],
    // By the end of its repair.
    afterwards: ['APL-020'],
    repair: together,
  },
  {
    name: 'The send queue reaches its bound while the two are apart',
    resolution: 'the cable put in again; what changed is checked',
    inject: (rig) => apartWith(rig, 1.15),
    expected: [{ server: 'active', code: 'L9', says: /send queue/, under: 'CHN-032' }],
    status: HELD,
    beside: ['CHN-032', 'CHN-043'],
    // By the end of its repair.
    afterwards: ['APL-020'],
    repair: together,
  },
  {
    name: 'Another file system is mounted inside a protected folder',
    resolution: 'unmounted, and its folder removed',
    // In a network namespace of its own a daemon sees what was mounted when it was started.
    inject: async ({ pair }) => {
      await pair.active.stop();
      fs.mkdirSync(join(pair.active.data, 'mounted'));
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(pair.active.data, 'mounted')]);
      await pair.active.start();
    },
    expected: [{ server: 'active', code: 'CAP-006', item: /^\/data\/mounted$/ }],
    status: ANY,
    repair: async ({ pair }) => {
      await pair.active.stop();
      execFileSync('umount', [join(pair.active.data, 'mounted')]);
      fs.rmdirSync(join(pair.active.data, 'mounted'));
      await pair.active.start();
    },
  },
  {
    name: 'A socket lies in a protected folder',
    resolution: 'the socket removed',
    inject: ({ pair }) => {
      const make = 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
      execFileSync('python3', ['-c', make, 'socket'], { cwd: pair.active.data });
    },
    expected: [{ server: 'active', code: 'CAP-007', item: /^\/data\/socket$/ }],
    status: WELL,
    repair: ({ pair }) => fs.rmSync(join(pair.active.data, 'socket')),
  },
  {
    name: 'A program of the active server changes a file without notice (a memory mapping)',
    resolution: 'the program ended',
    inject: async ({ pair }) => void held.push(await UnseenWriter.start('mapping', join(pair.active.data, 'file'))),
    expected: [{ server: 'active', code: 'CAP-009', item: /^\/data\/file$/ }],
    status: ANY,
    repair: release,
  },
  {
    name: 'Everything in the protected folder is deleted at once',
    resolution: 'put back',
    inject: ({ pair }) => moved(pair.active.data, join(pair.active.base, 'away')),
    expected: [{ server: 'passive', code: 'APL-020', item: /^\/data$/ }],
    status: HELD,
    repair: ({ pair }) => moved(join(pair.active.base, 'away'), pair.active.data),
  },
  {
    name: 'The protected folder itself is gone',
    resolution: 'put back',
    inject: ({ pair }) => fs.renameSync(pair.active.data, join(pair.active.base, 'away')),
    expected: [{ server: 'active', code: 'CAP-001', item: /^\/data$/ }],
    status: ANY,
    beside: ['APL-021'],
    repair: ({ pair }) => fs.renameSync(join(pair.active.base, 'away'), pair.active.data),
  },
  {
    name: 'The pair settings of the active server are edited wrongly',
    resolution: 'corrected',
    inject: ({ pair }) => fs.appendFileSync(pair.active.pairFile, 'nonsense: true\n'),
    expected: [{ server: 'active', code: 'CFG-002', says: /nonsense/ }],
    status: WELL,
    repair: ({ pair }) => {
      const text = fs.readFileSync(pair.active.pairFile, 'utf8');
      fs.writeFileSync(pair.active.pairFile, text.replace('nonsense: true\n', ''));
    },
  },
  {
    name: 'A folder is to be protected that must not be: the whole machine',
    resolution: 'taken out of the settings',
    inject: ({ pair }) =>
      changeSettings(pair.active.pairFile, { protect: { files: { include: ['/data/**', '/**'] } } }),
    expected: [{ server: 'active', code: 'CFG-006', says: /whole machine/ }],
    status: ANY,
    beside: ['CFG-006'],
    repair: ({ pair }) => changeSettings(pair.active.pairFile, { protect: { files: { include: ['/data/**'] } } }),
  },
  {
    name: 'The pair settings are edited on the passive server',
    resolution: 'the text of the active server copied there',
    inject: ({ pair }) => changeSettings(pair.passive.pairFile, { queues: { ageMsMax: 70_000 } }),
    expected: [{ server: 'passive', code: 'DMN-005', says: /edited on the passive server/ }],
    status: WELL,
    repair: ({ pair }) => fs.copyFileSync(pair.active.pairFile, pair.passive.pairFile),
  },
  {
    name: 'The pair settings are edited on both servers while they are apart',
    resolution: 'the text of the active server copied to the passive one',
    inject: async ({ pair }) => {
      await pair.passive.stop();
      changeSettings(pair.active.pairFile, { queues: { ageMsMax: 71_000 } });
      changeSettings(pair.passive.pairFile, { queues: { ageMsMax: 72_000 } });
      await pair.passive.start();
    },
    expected: [
      { server: 'active', code: 'CHN-010' },
      { server: 'passive', code: 'CHN-010' },
    ],
    status: HELD,
    beside: ['DMN-005'],
    repair: ({ pair }) => fs.copyFileSync(pair.active.pairFile, pair.passive.pairFile),
  },
  otherIdentity('The passive server was paired with another one', 'CHN-005', { pairId: 'another-pair' }),
  otherIdentity('Both servers are active', 'CHN-008', { lastRole: 'active' }),
  otherIdentity('Both servers are passive', 'CHN-012', { lastRole: 'passive' }, { on: 'active', status: ANY }),
  {
    name: 'Both servers have the same identity',
    resolution: 'identity corrected, Understudy restarted',
    inject: async ({ pair }) => {
      await pair.passive.stop();
      changeSettings(pair.passive.serverFile, { identity: 'primary' });
      await pair.passive.start();
    },
    expected: [{ server: 'active', code: 'CHN-006' }],
    status: HELD,
    repair: async ({ pair }) => {
      await pair.passive.stop();
      changeSettings(pair.passive.serverFile, { identity: 'secondary' });
      await pair.passive.start();
    },
  },
  {
    name: 'One server is a clone of the other, state folder included',
    resolution: 'the own state folder put back, Understudy restarted',
    inject: async ({ pair }) => {
      for (const server of pair.servers) await server.stop();
      const { stateDirectory } = pair.passive;
      fs.renameSync(stateDirectory, `${stateDirectory}.own`);
      fs.cpSync(pair.active.stateDirectory, stateDirectory, { recursive: true });
      await pair.start();
    },
    expected: [
      { server: 'active', code: 'CHN-007' },
      { server: 'passive', code: 'CHN-007' },
    ],
    status: HELD,
    repair: async ({ pair }) => {
      const { stateDirectory } = pair.passive;
      await pair.passive.stop();
      removeTree(stateDirectory);
      fs.renameSync(`${stateDirectory}.own`, stateDirectory);
      await pair.passive.start();
    },
  },
  {
    name: 'Descriptors of the passive server run out',
    resolution: 'the limit raised',
    inject: ({ pair }) => {
      const pid = pair.passive.daemon?.pid ?? 0;
      const open = fs.readdirSync(`/proc/${pid}/fd`).length;
      execFileSync('prlimit', ['--pid', String(pid), `--nofile=${open + 2}:`]);
    },
    expected: [{ server: 'passive', code: 'SYS-013', says: /Descriptors run out/ }],
    status: ANY,
    repair: ({ pair }) => {
      execFileSync('prlimit', ['--pid', String(pair.passive.daemon?.pid ?? 0), '--nofile=4096:']);
    },
  },
];

/** Cuts the cable of the passive server and writes so much of the send queue's bound. */
function apartWith({ network, passive, pair }: DiagnosisRig, share: number): void {
  network.cable(passive, 'down');
  const folder = join(pair.active.data, 'queued');
  fs.mkdirSync(folder);
  const count = Math.ceil((share * QUEUE_BYTES_MAX) / CHUNK_BYTES);
  for (let number = 0; number < count; number++) {
    fs.writeFileSync(join(folder, String(number)), Buffer.alloc(CHUNK_BYTES, `${number} `));
  }
}

async function together({ network, passive, pair }: DiagnosisRig): Promise<void> {
  network.cable(passive, 'up');
  await pair.synchronized();
  // In two steps: so many at once would be asked about.
  const folder = join(pair.active.data, 'queued');
  fs.renameSync(folder, join(pair.active.base, 'queued-before'));
  fs.rmSync(join(pair.active.base, 'queued-before'), { recursive: true });
  await accepted(pair.passive);
}

/** A loss that is meant is confirmed, where it is asked about. */
async function accepted(passive: TrialServer): Promise<void> {
  await until('the loss to be taken over', TAKEN_OVER_MS, async () => {
    for (const { id } of await passive.findings('APL-020')) await passive.run('fix', id);
    return fs.existsSync(join(passive.data, 'queued')) ? null : true;
  });
}

function moved(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  for (const name of fs.readdirSync(from)) fs.renameSync(join(from, name), join(to, name));
}

function edit(server: TrialServer, changes: Partial<IdentityFacts>): IdentityFacts {
  const file = join(server.stateDirectory, 'identity.json');
  const before = JSON.parse(fs.readFileSync(file, 'utf8')) as IdentityFacts;
  fs.writeFileSync(file, JSON.stringify({ ...before, ...changes }));
  return before;
}
