import fs from 'node:fs';
import { join } from 'node:path';
import { changeSettings } from '../pair.ts';
import { ACTIVE, APART, type DiagnosisRig, PASSIVE, PORT } from './rig.ts';
import type { Scenario } from './scenario.ts';

const NOBODY = '10.77.0.99';
const KNOWN_MS = 5_000;

/** A table that drops or rejects what comes from the other server. */
function firewall(rule: string): string {
  return `add table inet fault; flush table inet fault; table inet fault { chain in { type filter hook input priority 0; ${rule}; }; }`;
}

/** Whether or not there is one. */
const OPENED = 'add table inet fault; delete table inet fault';

/** Of the two servers where they meet by IPv6. */
const SIX = { active: 'fd77::1', passive: 'fd77::2' } as const;

/** Both listen at addresses of IPv6 and look for one another there, or as before. */
async function bySix(rig: DiagnosisRig, is: boolean): Promise<void> {
  for (const server of rig.pair.servers) await server.stop();
  for (const role of ['active', 'passive'] as const) {
    const own = is ? `[${SIX[role]}]:${PORT}` : `${rig[role].address}:${PORT}`;
    changeSettings(rig.pair[role].serverFile, { channel: { listen: [own] } });
    rig[role].ip('-6', 'addr', is ? 'add' : 'del', `${SIX[role]}/64`, 'dev', 'eth0', ...(is ? ['nodad'] : []));
  }
  if (is) await rig.peers(`[${SIX.passive}]:${PORT}`, `[${SIX.active}]:${PORT}`);
  else await rig.rightPeers();
}

const ROUTER = '10.77.0.254';
/** A network beyond the router, where each server takes the other one to be. */
const BEYOND = '10.99.0.0/24';
const ROUTED = { resolution: 'channel.peers corrected, Understudy restarted', status: APART } as const;

/** Each server looks for the other one beyond a router, which is the third machine. @param state - how that one is. */
async function behindRouter(rig: DiagnosisRig, state: 'down' | 'up' | 'forwarding'): Promise<void> {
  if (state !== 'down') rig.third.ip('addr', 'add', `${ROUTER}/24`, 'dev', 'eth0');
  if (state === 'forwarding') rig.third.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  for (const host of [rig.active, rig.passive]) host.ip('route', 'add', BEYOND, 'via', ROUTER);
  await rig.peers(`10.99.0.2:${PORT}`, `10.99.0.1:${PORT}`);
}

async function withoutRouter(rig: DiagnosisRig): Promise<void> {
  rig.third.run('sysctl', '-qw', 'net.ipv4.ip_forward=0');
  rig.third.ip('addr', 'flush', 'dev', 'eth0');
  for (const host of [rig.active, rig.passive]) host.ip('route', 'del', BEYOND);
  await rig.rightPeers();
}

/** What is wrong with the way between the two. */
export const CHANNEL_SCENARIOS: readonly Scenario<DiagnosisRig>[] = [
  {
    isShort: true,
    name: 'Wrong address: channel.peers of both servers names one that nobody has',
    resolution: 'channel.peers corrected, Understudy restarted',
    inject: (rig) => rig.peers(`${NOBODY}:${PORT}`, `${NOBODY}:${PORT}`),
    expected: [
      { server: 'active', code: 'CHN-032', item: /10\.77\.0\.99/, evidence: /nobody on the link answers/ },
      { server: 'passive', code: 'CHN-032', item: /10\.77\.0\.99/, evidence: /nobody on the link answers/ },
    ],
    status: APART,
    repair: (rig) => rig.rightPeers(),
  },
  {
    name: 'Wrong port: channel.peers of both servers names one at which nothing listens',
    resolution: 'channel.peers corrected, Understudy restarted',
    inject: (rig) => rig.peers(`${PASSIVE}:50000`, `${ACTIVE}:50000`),
    expected: [
      { server: 'active', code: 'CHN-046', says: /port 57348/, evidence: /refused by the machine itself/ },
      { server: 'passive', code: 'CHN-046', says: /port 57348/ },
    ],
    status: APART,
    repair: (rig) => rig.rightPeers(),
  },
  {
    name: "Nothing listening: the other server's daemon does not run",
    resolution: 'Understudy started there',
    inject: async (rig) => void (await rig.pair.passive.stop()),
    expected: [{ server: 'active', code: 'CHN-033', item: /10\.77\.0\.2/, evidence: /a ping was answered/ }],
    status: APART,
    repair: (rig) => rig.pair.passive.start(),
  },
  {
    isShort: true,
    name: 'A firewall on the passive server drops what comes from the active one',
    resolution: 'the rule removed',
    inject: ({ passive }) => passive.nft(firewall(`ip saddr ${ACTIVE} meta l4proto tcp drop`)),
    expected: [
      { server: 'active', code: 'CHN-034', evidence: /a ping was answered/ },
      { server: 'passive', code: 'CHN-042', says: /table inet fault, chain in \(input\): ip saddr 10\.77\.0\.1/ },
    ],
    status: APART,
    repair: ({ passive }) => passive.nft(OPENED),
  },
  {
    name: 'A firewall on the passive server rejects what comes from the active one',
    resolution: 'the rule removed',
    inject: ({ passive }) =>
      passive.nft(firewall(`ip saddr ${ACTIVE} meta l4proto tcp reject with icmp admin-prohibited`)),
    expected: [
      { server: 'active', code: 'CHN-035', says: /10\.77\.0\.2 says so/, evidence: /turned back by 10\.77\.0\.2/ },
      { server: 'passive', code: 'CHN-042', says: /reject/ },
    ],
    status: APART,
    repair: ({ passive }) => passive.nft(OPENED),
  },
  {
    name: 'IPv6: a firewall on the passive server rejects what comes from the active one',
    resolution: 'the rule removed',
    inject: async (rig) => {
      await bySix(rig, true);
      await rig.pair.synchronized();
      rig.passive.nft(firewall(`ip6 saddr ${SIX.active} meta l4proto tcp reject with icmpv6 admin-prohibited`));
    },
    expected: [
      { server: 'active', code: 'CHN-035', says: /fd77::2 says so/, evidence: /turned back by fd77::2/ },
      { server: 'passive', code: 'CHN-042', says: /reject/ },
    ],
    status: APART,
    repair: async (rig) => {
      rig.passive.nft(OPENED);
      await bySix(rig, false);
    },
  },
  {
    name: 'Another machine has taken the address of the passive server',
    resolution: 'the address given back',
    inject: async ({ pair, passive, third }) => {
      // The two know one another by then.
      await pair.synchronized({ after: Date.now() + KNOWN_MS });
      passive.ip('addr', 'del', `${PASSIVE}/24`, 'dev', 'eth0');
      third.ip('addr', 'add', `${PASSIVE}/24`, 'dev', 'eth0');
    },
    expected: [
      { server: 'active', code: 'CHN-037', says: /its hardware address is .* and was/ },
      { server: 'passive', code: 'CHN-041', says: /10\.77\.0\.2/ },
    ],
    status: APART,
    repair: ({ passive, third }) => {
      third.ip('addr', 'del', `${PASSIVE}/24`, 'dev', 'eth0');
      passive.ip('addr', 'add', `${PASSIVE}/24`, 'dev', 'eth0');
    },
  },
  {
    name: 'Both ends have the same address',
    resolution: 'the passive server given its own address again',
    inject: async (rig) => {
      await rig.pair.passive.stop();
      rig.passive.ip('addr', 'del', `${PASSIVE}/24`, 'dev', 'eth0');
      rig.passive.ip('addr', 'add', `${ACTIVE}/24`, 'dev', 'eth0');
      changeSettings(rig.pair.passive.serverFile, { channel: { listen: [`${ACTIVE}:${PORT}`] } });
      await rig.pair.passive.start();
    },
    expected: [
      { server: 'active', code: 'CHN-038', says: /10\.77\.0\.1 is in use by another machine/ },
      // It reaches itself where it looks for the other one.
      { server: 'passive', code: 'CHN-014' },
    ],
    status: APART,
    repair: async (rig) => {
      await rig.pair.passive.stop();
      rig.passive.ip('addr', 'del', `${ACTIVE}/24`, 'dev', 'eth0');
      rig.passive.ip('addr', 'add', `${PASSIVE}/24`, 'dev', 'eth0');
      changeSettings(rig.pair.passive.serverFile, { channel: { listen: [`${PASSIVE}:${PORT}`] } });
      await rig.pair.passive.start();
    },
  },
  {
    name: 'Missing route: the two are in different subnets',
    resolution: 'the passive server given an address in the right subnet',
    inject: async (rig) => {
      await rig.pair.passive.stop();
      rig.passive.ip('addr', 'del', `${PASSIVE}/24`, 'dev', 'eth0');
      rig.passive.ip('addr', 'add', '10.78.0.2/24', 'dev', 'eth0');
      changeSettings(rig.pair.passive.serverFile, { channel: { listen: [`10.78.0.2:${PORT}`] } });
      await rig.pair.passive.start();
      await rig.pair.active.stop();
      changeSettings(rig.pair.active.serverFile, { channel: { peers: [`10.78.0.2:${PORT}`] } });
      await rig.pair.active.start();
    },
    expected: [
      { server: 'active', code: 'CHN-031', item: /10\.78\.0\.2/, evidence: /10\.77\.0\.1\/24 on eth0/ },
      { server: 'passive', code: 'CHN-031', item: /10\.77\.0\.1/, evidence: /10\.78\.0\.2\/24 on eth0/ },
    ],
    status: APART,
    repair: async (rig) => {
      await rig.pair.passive.stop();
      rig.passive.ip('addr', 'del', '10.78.0.2/24', 'dev', 'eth0');
      rig.passive.ip('addr', 'add', `${PASSIVE}/24`, 'dev', 'eth0');
      changeSettings(rig.pair.passive.serverFile, { channel: { listen: [`${PASSIVE}:${PORT}`] } });
      await rig.rightPeers();
    },
  },
  {
    name: 'Wrong prefix length: the passive server does not find the way back',
    resolution: 'the prefix length corrected',
    inject: ({ passive }) => {
      passive.ip('addr', 'del', `${PASSIVE}/24`, 'dev', 'eth0');
      passive.ip('addr', 'add', `${PASSIVE}/31`, 'dev', 'eth0');
    },
    expected: [
      { server: 'active', code: 'CHN-034', says: /no way back/ },
      { server: 'passive', code: 'CHN-031', says: /ENETUNREACH/, evidence: /10\.77\.0\.2\/31 on eth0/ },
    ],
    status: APART,
    repair: ({ passive }) => {
      passive.ip('addr', 'del', `${PASSIVE}/31`, 'dev', 'eth0');
      passive.ip('addr', 'add', `${PASSIVE}/24`, 'dev', 'eth0');
    },
  },
  {
    isShort: true,
    name: 'A cable is pulled out',
    resolution: 'the cable put in again',
    inject: ({ network, passive }) => network.cable(passive, 'down'),
    expected: [
      { server: 'active', code: 'CHN-032' },
      { server: 'passive', code: 'CHN-043', says: /eth0/, evidence: /\(down\)/ },
    ],
    status: APART,
    repair: ({ network, passive }) => network.cable(passive, 'up'),
  },
  {
    name: 'MTU: a part of the way lets no packet of more than 1000 bytes pass, and says nothing',
    resolution: 'large packets let through',
    inject: async (rig) => {
      rig.passive.nft(firewall('meta length > 1000 drop'));
      rig.active.nft(firewall('meta length > 1000 drop'));
      // Data that waits shows it; on an idle channel nothing is lost yet.
      fs.writeFileSync(join(rig.pair.active.data, 'large'), Buffer.alloc(200_000, 'large'));
    },
    seenAfter: { ms: 2_000, because: 'channel.lostAfterMs, for data and then for the connection' },
    expected: [{ server: 'active', code: 'CHN-039', says: /more than 1000 bytes/, evidence: /up to 1000 bytes/ }],
    status: ['Out of sync', 'Synchronized and busy processing'],
    beside: ['CHN-020', 'CHN-021'],
    // That another way was tried is told for five minutes, if not to a daemon that was started since.
    repair: async (rig) => {
      for (const host of [rig.active, rig.passive]) host.nft(OPENED);
      await rig.rightPeers();
    },
  },
  {
    name: 'A name in channel.peers that does not resolve',
    resolution: 'the entry put into /etc/hosts; nothing restarted',
    inject: (rig) => rig.peers(`other.test:${PORT}`, `other.test:${PORT}`),
    expected: [
      { server: 'active', code: 'CHN-030', says: /other\.test/ },
      { server: 'passive', code: 'CHN-030', says: /other\.test/ },
    ],
    status: APART,
    repair: async (rig) => {
      rig.active.hosts(`${PASSIVE} other.test`);
      rig.passive.hosts(`${ACTIVE} other.test`);
      await rig.pair.synchronized();
      rig.active.hosts('');
      rig.passive.hosts('');
      await rig.rightPeers();
    },
  },
  {
    name: 'A loop to itself: channel.peers names an address of the same server',
    resolution: 'channel.peers corrected, Understudy restarted',
    inject: (rig) => rig.peers(`${ACTIVE}:${PORT}`, `${PASSIVE}:${PORT}`),
    expected: [
      { server: 'active', code: 'CHN-014', says: /10\.77\.0\.1/ },
      { server: 'passive', code: 'CHN-014', says: /10\.77\.0\.2/ },
    ],
    status: APART,
    repair: (rig) => rig.rightPeers(),
  },
  {
    name: "The active server's own firewall drops what goes to the passive one",
    resolution: 'the rule removed',
    inject: ({ active }) =>
      active.nft(
        `add table inet fault; flush table inet fault; table inet fault { chain out { type filter hook output priority 0; ip daddr ${PASSIVE} drop; }; }`,
      ),
    expected: [
      { server: 'active', code: 'CHN-042', says: /table inet fault, chain out \(output\)/ },
      { server: 'passive', code: 'CHN-034', says: /answers no connection/ },
    ],
    status: APART,
    repair: ({ active }) => active.nft(OPENED),
  },
  {
    name: "The active server's network interface is switched off",
    resolution: 'switched on again',
    inject: ({ active }) => active.ip('link', 'set', 'eth0', 'down'),
    expected: [
      { server: 'active', code: 'CHN-043', says: /eth0/ },
      { server: 'passive', code: 'CHN-032' },
    ],
    status: APART,
    repair: ({ active }) => active.ip('link', 'set', 'eth0', 'up'),
  },
  {
    ...ROUTED,
    name: 'The router on the way is down',
    inject: (rig) => behindRouter(rig, 'down'),
    expected: [
      {
        server: 'active',
        code: 'CHN-044',
        says: /10\.77\.0\.254/,
        evidence: /nobody on the link answers for the router/,
      },
      { server: 'passive', code: 'CHN-044', says: /10\.77\.0\.254/ },
    ],
    repair: withoutRouter,
  },
  {
    ...ROUTED,
    name: 'The router on the way knows no way to the other server',
    inject: (rig) => behindRouter(rig, 'forwarding'),
    expected: [
      {
        server: 'active',
        code: 'CHN-044',
        says: /network cannot be reached/,
        evidence: /turned (back by 10\.77\.0\.254|a try to connect back)/,
      },
      { server: 'passive', code: 'CHN-044', says: /network cannot be reached/ },
    ],
    repair: withoutRouter,
  },
  {
    ...ROUTED,
    name: 'Nothing at all comes back from beyond the router',
    inject: (rig) => behindRouter(rig, 'up'),
    seenAfter: { ms: 10_000, because: 'channel.connectTimeoutMs, after which a try has failed' },
    expected: [
      { server: 'active', code: 'CHN-048', says: /by way of the router 10\.77\.0\.254/ },
      { server: 'passive', code: 'CHN-048' },
    ],
    repair: withoutRouter,
  },
  {
    name: 'A second route of the active server does not work; the first one does',
    resolution: 'the address taken out of channel.peers, Understudy restarted',
    inject: async (rig) => {
      await rig.pair.active.stop();
      changeSettings(rig.pair.active.serverFile, { channel: { peers: [`${PASSIVE}:${PORT}`, `${NOBODY}:${PORT}`] } });
      await rig.pair.active.start();
    },
    seenAfter: { ms: 10_000, because: 'a route beside one that works may come back by itself first' },
    expected: [{ server: 'active', code: 'CHN-047', item: /10\.77\.0\.99/, says: /Nobody on the link/ }],
    status: ['Synchronized', 'Synchronized and busy processing'],
    repair: (rig) => rig.rightPeers(),
  },
  {
    name: "The passive server's daemon stands still (SIGSTOP)",
    resolution: 'the daemon goes on (SIGCONT)',
    inject: ({ pair }) => void process.kill(pair.passive.daemon?.pid ?? 0, 'SIGSTOP'),
    expected: [{ server: 'active', code: 'CHN-045', evidence: /TCP port 57348: accepted/ }],
    status: APART,
    afterwards: ['DMN-010'],
    // What it did not do meanwhile it tells for a minute.
    repair: async ({ pair }) => {
      process.kill(pair.passive.daemon?.pid ?? 0, 'SIGCONT');
      await pair.synchronized();
      await pair.passive.stop();
      await pair.passive.start();
    },
    standsStill: ['passive'],
  },
];
