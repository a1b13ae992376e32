import { describe, expect, it } from 'vitest';
import type { Role } from '../../api/status.ts';
import { Problem } from '../../problems/problem.ts';
import { givenUp } from './check-outcomes.ts';
import { Checks } from './checks.ts';
import { HandTime } from '../hand-time.testing.ts';
import type { CheckRequest, ToStream } from '../stream/thread-messages.ts';

const EVERYTHING: CheckRequest = { mode: 'full', repair: true, paths: null };
const HOUR_MS = 3_600_000;

class Trial {
  /** One hour before the daily check, by the clock of this machine. */
  readonly time = new HandTime(new Date(2026, 0, 5, 1, 0, 0).getTime());
  readonly posted: ToStream[] = [];
  readonly asked: CheckRequest[] = [];
  readonly history: string[] = [];
  peerRole: Role | null;
  hasWorker = true;
  daily: string | null = '02:00';
  readonly checks: Checks;

  constructor(role: Role = 'active') {
    this.peerRole = role === 'active' ? 'passive' : 'active';
    this.checks = new Checks({
      role,
      clock: this.time,
      timers: this.time,
      history: { own: (event) => void this.history.push(event.text) },
      registry: { isConfigured: false, check: () => true },
      post: (message) => {
        if (this.hasWorker) this.posted.push(message);
        return this.hasWorker;
      },
      peerRole: () => this.peerRole,
      askActive: async (request) => this.asked.push(request) + 100,
      expectProtected: (path) => {
        if (!path.startsWith('/srv/')) throw new Problem('DMN-006', { path, hint: '' });
      },
      schedule: () => this.daily,
    });
  }
}

describe('a check that somebody asks for', () => {
  it('goes to the stream worker of the active server, each with a number of its own', async () => {
    const { checks, posted, history } = new Trial();
    const ids = [
      await checks.start(EVERYTHING),
      await checks.start({ mode: 'fast', repair: false, paths: ['/srv/a'] }),
    ];
    expect(ids[1]).not.toBe(ids[0]);
    expect(posted).toEqual([
      { kind: 'check', id: ids[0], request: EVERYTHING },
      { kind: 'check', id: ids[1], request: { mode: 'fast', repair: false, paths: ['/srv/a'] } },
    ]);
    expect(history).toEqual(['Started: full check of everything', 'Started: verifying fast check of /srv/a']);
  });

  it('is told in the history when it has ended, with what came of it and how long it took', async () => {
    const { checks, history, time } = new Trial();
    const id = await checks.start(EVERYTHING);
    history.length = 0;
    time.advance(3000);
    const counts = { itemsChecked: 303, bytesChecked: 2048, differences: 4, refused: 1, left: 1 };
    checks.ended({ ...givenUp(id), ...counts, finished: true, repair: true, complete: true });
    checks.ended({ ...givenUp(id), finished: false });
    expect(history).toEqual([
      'Ended: full check of everything: 303 items (2.00 KiB) looked at in 3 s, 4 differences: 2 repaired, 1 only on the passive server and left there, 1 could not be repaired',
    ]);
  });

  it('is told to have been given up where nothing will end any more', async () => {
    const { checks, history } = new Trial();
    await checks.start({ mode: 'fast', repair: false, paths: ['/srv/a'] });
    checks.stop();
    checks.stop();
    expect(history.slice(1)).toEqual(['Given up: verifying fast check of /srv/a: 0 items (0 B) looked at in 0 ms']);
  });

  it('of everything is told by the active server, too, where nobody asked for it', () => {
    const [active, passive] = [new Trial(), new Trial('passive')];
    for (const { checks } of [active, passive]) {
      checks.ended({ ...givenUp(7), finished: true, complete: true, itemsChecked: 1, tookMs: 61_000 });
      checks.ended({ ...givenUp(8), finished: false, complete: true });
      checks.ended({ ...givenUp(9), finished: true });
    }
    expect(active.history).toEqual(['Ended: check of everything: 1 item (0 B) looked at in 1 min, no difference']);
    expect(passive.history).toEqual([]);
  });

  it('has other numbers after a restart', async () => {
    const before = new Trial();
    const first = await before.checks.start(EVERYTHING);
    const after = new Trial();
    after.time.advance(5000);
    const again = new Checks({
      role: 'active',
      clock: after.time,
      timers: after.time,
      history: { own: () => undefined },
      registry: { isConfigured: false, check: () => true },
      post: () => true,
      peerRole: () => 'passive',
      askActive: () => Promise.reject(new Error('not here')),
      expectProtected: () => undefined,
      schedule: () => null,
    });
    expect(await again.start(EVERYTHING)).toBeGreaterThan(first);
  });

  it('asked for on the passive server is started by the active one', async () => {
    const { checks, asked, posted } = new Trial('passive');
    expect(await checks.start(EVERYTHING)).toBe(101);
    expect([asked, posted]).toEqual([[EVERYTHING], []]);
  });

  it('is refused without the other server, and where both have one role', async () => {
    const trial = new Trial();
    trial.peerRole = null;
    await expect(trial.checks.start(EVERYTHING)).rejects.toThrow(/not connected/);
    trial.peerRole = 'active';
    await expect(trial.checks.start(EVERYTHING)).rejects.toThrow(/both servers are active/);
  });

  it('is refused for a path that is not protected', async () => {
    const { checks } = new Trial();
    const request = { ...EVERYTHING, paths: ['/srv/a', '/etc'] };
    await expect(checks.start(request)).rejects.toMatchObject({ code: 'DMN-006', parameters: { path: '/etc' } });
  });

  it('is refused while the stream worker is started again', async () => {
    const trial = new Trial();
    trial.hasWorker = false;
    await expect(trial.checks.start(EVERYTHING)).rejects.toMatchObject({ code: 'DMN-002' });
  });

  it('ends for who waits when its outcome comes, or when nothing will come any more', async () => {
    const { checks } = new Trial();
    const { signal } = new AbortController();
    const [first, second] = [checks.outcome(1, signal), checks.outcome(2, signal)];
    checks.ended({ ...givenUp(1), finished: true });
    checks.stop();
    expect(await Promise.all([first, second])).toMatchObject([{ finished: true }, { check: 2, finished: false }]);
  });
});

describe('the daily check', () => {
  it('runs once a day at its time, on the active server alone', () => {
    const [active, passive] = [new Trial('active'), new Trial('passive')];
    for (const { checks, time } of [active, passive]) {
      checks.schedule();
      time.advance(3 * 24 * HOUR_MS);
    }
    expect(active.posted).toHaveLength(3);
    expect([passive.posted, passive.asked]).toEqual([[], []]);
  });

  it('follows the settings as they change', () => {
    const trial = new Trial();
    trial.checks.schedule();
    trial.daily = '04:00';
    trial.checks.schedule();
    trial.time.advance(2 * HOUR_MS);
    expect(trial.posted).toHaveLength(0);
    trial.time.advance(HOUR_MS);
    expect(trial.posted).toHaveLength(1);
    trial.daily = null;
    trial.checks.schedule();
    trial.time.advance(48 * HOUR_MS);
    expect(trial.posted).toHaveLength(1);
  });

  it('does not run twice where the clock was set back meanwhile', () => {
    const trial = new Trial();
    trial.checks.schedule();
    trial.time.setWall(trial.time.wallMs() - 60_000);
    trial.time.advance(2 * HOUR_MS);
    expect(trial.posted).toHaveLength(1);
  });

  it('runs once where the clock is set forward past its time, and does not wait for the days it is set back by', () => {
    const trial = new Trial();
    trial.checks.schedule();
    trial.time.setWall(trial.time.wallMs() + 2 * HOUR_MS);
    trial.checks.clockWasSet();
    expect(trial.posted).toHaveLength(1);
    trial.time.setWall(trial.time.wallMs() - 10 * 24 * HOUR_MS);
    trial.checks.clockWasSet();
    trial.time.advance(24 * HOUR_MS);
    expect(trial.posted).toHaveLength(2);
  });

  it('is not set anew by settings that have nothing to do with it', () => {
    const trial = new Trial();
    trial.checks.schedule();
    trial.time.advance(HOUR_MS);
    trial.time.setWall(trial.time.wallMs() - 2 * HOUR_MS);
    trial.checks.schedule();
    trial.time.advance(3 * HOUR_MS);
    expect(trial.posted).toHaveLength(1);
  });

  it('says in the history why it could not run, and comes again the next day', async () => {
    const trial = new Trial();
    trial.peerRole = null;
    trial.checks.schedule();
    trial.time.advance(HOUR_MS);
    await Promise.resolve();
    expect(trial.history.join()).toMatch(/^The daily check could not run: .*not connected/);
    trial.peerRole = 'passive';
    trial.time.advance(24 * HOUR_MS);
    expect(trial.posted).toHaveLength(1);
  });

  it('does not outlive the daemon', () => {
    const trial = new Trial();
    trial.checks.schedule();
    trial.checks.stop();
    expect(trial.time.waiting).toBe(0);
  });
});
