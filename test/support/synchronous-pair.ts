import type { Status, SynchronousStatus } from '../../src/api/status.ts';
import type { Pair, PairOptions } from './pair.ts';
import { ANY_LOSS } from './random-operations.ts';
import type { TrialServer } from './server.ts';
import { until } from './until.ts';

const WITHIN_MS = 120_000;

/** Settings of a pair whose flushes wait for the passive server. A loss of the channel is known within seconds. */
export function synchronousSettings(replication: object): NonNullable<PairOptions['pairSettings']> {
  return {
    ...ANY_LOSS,
    capture: 'intercept',
    replication: { mode: 'synchronous', ...replication },
    channel: { waitMs: 500, heartbeatMs: 300, lostAfterMs: 2_000 },
  };
}

/** Waits until the active server's flushes wait for the passive one. */
export async function inForce({ active }: Pair): Promise<void> {
  await synchronousUntil(active, 'synchronous replication to be in force', (one) => one.state === 'in force');
}

/** Waits until synchronous replication stands so, as one of the servers has it. */
export async function synchronousUntil(
  server: TrialServer,
  what: string,
  isSo: (synchronous: SynchronousStatus, status: Status) => boolean,
): Promise<SynchronousStatus> {
  return await until(what, WITHIN_MS, async (seen) => {
    const status = await server.status();
    const { replication, fileSystem, channel, capture } = status;
    const findings = status.findings.map(({ code, cause }) => `${code} ${cause}`);
    seen(JSON.stringify({ replication, fileSystem, channel: channel.status, capture, findings }));
    const { synchronous } = replication;
    return synchronous !== undefined && isSo(synchronous, status) ? synchronous : null;
  });
}

/** How often a flush waits at the moment. */
export async function flushesWaiting(server: TrialServer, count: number): Promise<void> {
  await synchronousUntil(server, `${count} flushes to wait`, ({ waiting }) => waiting === count);
}
