import { beforeEach, expect, it } from 'vitest';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { SessionPeer } from './channel-messages.ts';
import { PeerSide } from './peer-side.ts';
import type { SideReport } from '../status/side-report.ts';

let now: number;
let raised: Set<string>;
let peer: PeerSide;
beforeEach(() => {
  now = 0;
  raised = new Set();
  peer = new PeerSide({
    clock: { monotonicMs: () => now as MonotonicMs },
    findings: {
      raise: ({ code }) => void raised.add(code),
      clear: (code) => void raised.delete(code),
      setPeer: () => undefined,
    },
  });
  peer.up({ instance: 'one' } as unknown as SessionPeer);
});

/** So many seconds, each with a heartbeat, a report, or neither. */
function pass(seconds: number, { beats, reports }: { beats: boolean; reports: boolean }): void {
  for (let second = 0; second < seconds; second++) {
    now += 1000;
    if (beats) peer.channelIs('Connected', now / 7);
    if (reports) peer.reported({ findings: [] } as unknown as SideReport);
    peer.look();
  }
}

it('a daemon whose heartbeats go on and that tells nothing is told of, until it tells something', () => {
  pass(10, { beats: true, reports: true });
  expect([...raised]).toEqual([]);
  pass(6, { beats: true, reports: false });
  expect([...raised]).toEqual(['DMN-012']);
  expect(peer.isSilent).toBe(true);
  pass(1, { beats: true, reports: true });
  expect([...raised]).toEqual([]);
});

it('where the link is cut heartbeats end with the reports: nothing is said of the daemon', () => {
  pass(3, { beats: true, reports: true });
  pass(60, { beats: false, reports: false });
  expect([...raised]).toEqual([]);
});

it('nor while the channel waits, and what it told last is kept meanwhile', () => {
  pass(6, { beats: true, reports: false });
  peer.channelIs('Waiting', null);
  expect([...raised]).toEqual([]);
  expect(peer.session).not.toBeNull();
  pass(1, { beats: false, reports: false });
  expect([...raised]).toEqual([]);
  peer.channelIs('Not connected', null);
  expect(peer.session).toBeNull();
});
