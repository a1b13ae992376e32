import { expect, it } from 'vitest';
import type { WayFacts, WayQuestion } from '../../kernel/way.ts';
import type { ProblemCode } from '../../problems/problem.ts';
import { ChannelDoctor } from './channel-doctor.ts';
import type { FromChannel, SessionPeer } from './channel-messages.ts';
import { HandTime } from '../hand-time.testing.ts';
import type { WayLook } from './way-worker.ts';

const PEER = { host: '10.0.0.2', port: 57_348 };
const FACTS: WayFacts = {
  target: PEER,
  resolved: { addresses: ['10.0.0.2'] },
  own: [{ interface: 'eth0', address: '10.0.0.1', prefixLength: 24, isUp: true }],
  route: { kind: 'leaves', interface: 'eth0', gateway: null, source: '10.0.0.1' },
  link: ['02:00:00:00:00:02'],
  doubles: [],
  port: { kind: 'refused' },
  otherPorts: [],
  echo: 'answered',
  sizes: null,
  rules: [],
};
const UP: FromChannel = { kind: 'sessionUp', peer: {} as SessionPeer };
const DOWN: FromChannel = { kind: 'sessionDown', reason: 'it was lost' };

class Trial {
  readonly time = new HandTime();
  readonly findings = new Map<string, ProblemCode>();
  facts: Partial<WayFacts> | null = {};
  looks = 0;
  threads = 0;
  isPaired = true;
  readonly doctor: ChannelDoctor;

  constructor() {
    this.doctor = new ChannelDoctor({
      clock: this.time,
      timers: this.time,
      server: { channel: { listen: [{ host: '10.0.0.1', port: 57_348 }], peers: [PEER] } },
      facts: { isPaired: true, peerPorts: [57_348] },
      findings: {
        raise: ({ code }, options) => void this.findings.set(`${code} ${options?.item ?? ''}`, code),
        clear: (code, item) => void this.findings.delete(`${code} ${item ?? ''}`),
      },
      startWay: () => this.#thread(),
    });
    this.doctor.start();
  }

  get codes(): readonly ProblemCode[] {
    return [...this.findings.values()];
  }

  connected(isConnected: boolean): void {
    const ends = [{ address: '10.0.0.2:57348', isConnected, failure: null, reason: '' }];
    const data = { sentBytesPerSecond: 0, receivedBytesPerSecond: 0, compressing: false, compressionRatio: null };
    this.doctor.heard({ kind: 'status', status: 'Connected', routes: [], data, beat: null, ends });
  }

  /** Answers half a second later. */
  #thread() {
    this.threads += 1;
    let tell = (_look: WayLook): void => {};
    return {
      post: (question: WayQuestion) => {
        this.looks += 1;
        const facts = this.facts === null ? null : { ...FACTS, ...this.facts };
        this.time.after(500, () => tell({ question, facts }));
      },
      onMessage: (action: (look: WayLook) => void) => void (tell = action),
      onEnd: () => {},
      terminate: async () => {
        this.threads -= 1;
      },
    };
  }
}

it('tells the cause within five seconds, and not while the other server may just be starting', () => {
  const trial = new Trial();
  trial.time.advance(2400);
  expect(trial.codes).toEqual([]);
  trial.time.advance(2000);
  expect(trial.codes).toEqual(['CHN-033']);
});

it('looks at once when the two are parted, however shortly before it looked at a way that worked', () => {
  const trial = new Trial();
  trial.doctor.heard(UP);
  trial.connected(true);
  // It learns the hardware address of the other server.
  trial.time.advance(1700);
  expect(trial.looks).toBe(1);
  trial.doctor.heard(DOWN);
  trial.connected(false);
  trial.time.advance(2400);
  expect(trial.codes).toEqual([]);
  trial.time.advance(200);
  expect(trial.codes).toEqual(['CHN-033']);
});

it('what one look says does not count', () => {
  const trial = new Trial();
  trial.time.advance(4000);
  trial.facts = { port: { kind: 'silent' } };
  trial.time.advance(1300);
  expect(trial.codes).toEqual(['CHN-033']);
  trial.time.advance(3000);
  expect(trial.codes).toEqual(['CHN-034']);
});

it('nothing is told any more once the two are connected, and nobody looks', () => {
  const trial = new Trial();
  trial.time.advance(5000);
  expect(trial.threads).toBe(1);
  trial.doctor.heard(UP);
  trial.connected(true);
  expect(trial.codes).toEqual([]);
  trial.time.advance(10_000);
  const { looks } = trial;
  trial.time.advance(60_000);
  expect([trial.threads, trial.looks - looks]).toEqual([0, 0]);
});

it('is over at once where the other server answers, though it refuses', () => {
  const trial = new Trial();
  trial.time.advance(5000);
  expect(trial.codes).toEqual(['CHN-033']);
  const ends = [{ address: '10.0.0.2:57348', isConnected: false, failure: 'met', reason: 'refused' }] as const;
  const data = { sentBytesPerSecond: 0, receivedBytesPerSecond: 0, compressing: false, compressionRatio: null };
  trial.doctor.heard({ kind: 'status', status: 'Not connected', routes: [], data, beat: null, ends });
  expect(trial.codes).toEqual([]);
});

it('is over before anything else is told of who answered', () => {
  const trial = new Trial();
  trial.time.advance(5000);
  expect(trial.codes).toEqual(['CHN-033']);
  trial.doctor.heard({ kind: 'problem', problem: { code: 'CHN-010', parameters: {} }, item: null, evidence: [] });
  expect(trial.codes).toEqual([]);
});

it('knows the other machine again by its hardware address', () => {
  const trial = new Trial();
  trial.doctor.heard(UP);
  trial.connected(true);
  trial.time.advance(5000);
  trial.doctor.heard(DOWN);
  trial.facts = { link: ['02:00:00:00:00:09'] };
  const ends = [{ address: '10.0.0.2:57348', isConnected: false, failure: 'refused', reason: '' }] as const;
  const data = { sentBytesPerSecond: 0, receivedBytesPerSecond: 0, compressing: false, compressionRatio: null };
  trial.doctor.heard({ kind: 'status', status: 'Not connected', routes: [], data, beat: null, ends });
  trial.time.advance(5000);
  expect(trial.codes).toEqual(['CHN-037']);
});

it('a route that does not work beside one that does is a warning, after a while', () => {
  const trial = new Trial();
  trial.doctor.heard(UP);
  trial.connected(false);
  trial.time.advance(9000);
  expect(trial.codes).toEqual([]);
  trial.time.advance(10_000);
  expect(trial.codes).toEqual(['CHN-047']);
  trial.connected(true);
  expect(trial.codes).toEqual([]);
});

it('where data does not pass on a connected route, it is looked at which packets do', () => {
  const trial = new Trial();
  trial.doctor.heard(UP);
  trial.connected(true);
  trial.facts = { port: { kind: 'accepted', said: '' }, sizes: { largest: 1500, passes: 1000 } };
  const problem = { code: 'CHN-020', parameters: {} } as const;
  trial.doctor.heard({ kind: 'problem', problem, item: 'route 10.0.0.2:57348', evidence: [] });
  trial.time.advance(10_000);
  expect(trial.codes).toEqual(['CHN-039']);
  trial.doctor.heard({ kind: 'cleared', code: 'CHN-020', item: 'route 10.0.0.2:57348' });
  expect(trial.codes).toEqual([]);
});

it('says nothing where the kernel can not be asked', () => {
  const trial = new Trial();
  trial.facts = null;
  trial.time.advance(20_000);
  expect(trial.codes).toEqual([]);
});
