import fs from 'node:fs';
import type { ServiceStatus } from '../../../src/api/services.ts';
import type { PairFileValues } from '../../../src/settings/pair-schema.ts';
import { until } from '../until.ts';
import { type NodePair, ON_ONE_NETWORK, startNodePair } from './node-pair.ts';
import type { NodeServer } from './node-server.ts';

const REACHED_MS = 120_000;
/** How long it may take to stop, before its processes are ended. */
const STOP_MS = 5_000;
/** A service that holds a protected file open for writing, starts at boot, and is restarted by systemd whatever ends it. */
export const SHOP = 'shop.service';
/** What starts it at boot. */
export const SHOP_LINK = '/etc/systemd/system/multi-user.target.wants/shop.service';

/** What a pair of shops has besides one. */
export interface ShopOptions {
  /** What is protected besides files and the shop. */
  readonly protect?: PairFileValues['protect'];
  /** Furnishes a machine before it boots for the first time. */
  readonly furnish?: (server: NodeServer) => void;
  /** On the passive server the shop does not end when it is asked to. */
  readonly isStubborn?: boolean;
}

/** Two machines on which the shop is listed, and runs on both. */
export async function shopPair({ protect, furnish, isStubborn = false }: ShopOptions = {}): Promise<NodePair> {
  const services = [{ name: SHOP, stopTimeoutMs: STOP_MS, onFailure: ['recover' as const] }];
  const pair = await startNodePair({
    pairSettings: { preset: ON_ONE_NETWORK, protect: { ...protect, services } },
    furnish: (server) => {
      furnish?.(server);
      const isHere = isStubborn && server.title === 'secondary';
      server.node.writeUnit(SHOP, shopUnit(isHere ? 'trap "" TERM; ' : ''));
    },
  });
  // Not before the first check has met the passive server: what lies there by then somebody would have to confirm.
  await pair.synchronized();
  for (const { node } of pair.servers) {
    fs.symlinkSync(`/etc/systemd/system/${SHOP}`, node.file(SHOP_LINK));
    await node.ask('systemctl', 'daemon-reload');
    await node.ask('systemctl', 'start', SHOP);
  }
  return pair;
}

/** @param first - what its shell does first. */
function shopUnit(first: string): string[] {
  return [
    '[Unit]',
    'Description=A shop',
    '[Service]',
    `ExecStart=/bin/sh -c '${first}exec 9>>/srv/data/ledger; echo $$$$ >>/srv/data/starts; while :; do sleep 1; done'`,
    'Restart=always',
    'RestartSec=100ms',
    '[Install]',
    'WantedBy=multi-user.target',
  ];
}

/** Waits until the shop of the primary and the secondary server is so. */
export async function reached(pair: NodePair, actual: readonly ServiceStatus['actual'][]): Promise<void> {
  await until(`the service to be ${actual.join(' and ')}`, REACHED_MS, async (seen) => {
    const { services = [], findings } = await pair.active.status();
    seen(JSON.stringify({ services, findings: findings.map(({ code, cause }) => `${code} ${cause}`) }));
    // One that was killed has failed, and does not run.
    const states = ['primary', 'secondary'].map((one) => services.find(({ server }) => server === one)?.actual);
    return states.join().replace('Failed', 'Stopped') === actual.join() ? true : null;
  });
}

/** From a pair on which the service runs on both servers, and nothing is done about it. */
export async function adoptBoth(pair: NodePair): Promise<void> {
  await reached(pair, ['Running', 'Running']);
  await pair.adopted();
  await reached(pair, ['Running', 'Stopped']);
}
