import type { Handlers } from '../../api/requests.ts';
import type { Status } from '../../api/status.ts';
import type { PreflightReport } from '../../diagnosis/preflight.ts';
import { type Bundle, collectBoth } from './collect.ts';
import type { FindingBoard } from './finding-board.ts';
import { preflightBoth } from '../preflight.ts';

/** What a daemon does besides, about its machine and its files. */
export interface Aside {
  preflight(bytesPerSecond: number): Promise<PreflightReport>;
  /** Of this server. */
  collect(status: Status): Promise<Bundle>;
}

/** Bytes a second that the channel sends now. */
export function bytesSent({ channel }: Status): number {
  return channel.data?.sentBytesPerSecond ?? 0;
}

/** What is asked of both servers about their machines and files. */
export function asideHandlers(parts: {
  readonly daemon: { status(): Status; callPeer(name: string, body: unknown): Promise<unknown> };
  readonly findings: Pick<FindingBoard, 'all'>;
  readonly aside: Aside;
}): Pick<Handlers, 'preflight' | 'collect'> {
  const { daemon, findings, aside } = parts;
  return {
    preflight: () =>
      preflightBoth({
        own: () => aside.preflight(bytesSent(daemon.status())),
        peer: () => daemon.callPeer('preflight', {}),
        lasting: () => findings.all(),
        capture: () => daemon.status().capture,
      }),
    collect: () => collectBoth(aside.collect(daemon.status()), () => daemon.callPeer('collect', {})),
  };
}
