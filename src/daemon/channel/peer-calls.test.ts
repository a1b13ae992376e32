import { describe, expect, it } from 'vitest';
import { Problem } from '../../problems/problem.ts';
import { HandTime } from '../hand-time.testing.ts';
import { type CallMessage, PeerCalls } from './peer-calls.ts';

type Answer = (name: string, body: unknown) => Promise<unknown>;

/** Two daemons whose messages arrive at once, unless the channel is cut. */
class Two {
  readonly time = new HandTime();
  isUp = true;
  /** Messages that are lost on their way. */
  loses: (message: CallMessage) => boolean = () => false;
  asker: PeerCalls;
  readonly answerer: PeerCalls;

  constructor(answer: Answer) {
    this.asker = this.#makeAsker();
    this.answerer = this.#make(() => this.asker, answer);
  }

  /** Another run of its daemon. */
  restartAsker(): void {
    this.asker = this.#makeAsker();
  }

  #makeAsker(): PeerCalls {
    return this.#make(
      () => this.answerer,
      () => Promise.reject(new Error('nobody asks this one')),
    );
  }

  #make(to: () => PeerCalls, answer: Answer): PeerCalls {
    const send = (message: CallMessage): boolean => {
      if (this.isUp && !this.loses(message)) to().receive(structuredClone(message));
      return this.isUp;
    };
    return new PeerCalls({ send, timers: this.time, answer });
  }
}

describe('a question to the other daemon', () => {
  it('is answered', async () => {
    const two = new Two(async (name, body) => ({ name, body }));
    expect(await two.asker.call('look', { path: '/srv/a' })).toEqual({ name: 'look', body: { path: '/srv/a' } });
    expect(two.time.waiting).toBe(0);
  });

  it('is answered by itself, whichever answer comes first', async () => {
    const answers = new Map<string, (value: string) => void>();
    const two = new Two((name) => new Promise((done) => void answers.set(name, done)));
    const asked = [two.asker.call('a', null), two.asker.call('b', null)];
    answers.get('b')?.('B');
    answers.get('a')?.('A');
    expect(await Promise.all(asked)).toEqual(['A', 'B']);
  });

  it('fails as it failed there', async () => {
    const two = new Two(() => Promise.reject(new Problem('DMN-006', { path: '/etc', hint: '' })));
    await expect(two.asker.call('look', null)).rejects.toMatchObject({
      code: 'DMN-006',
      parameters: { path: '/etc', hint: '' },
    });
  });

  it('fails with a fault of the other daemon without ending either', async () => {
    const two = new Two(() => Promise.reject(new TypeError('bug')));
    await expect(two.asker.call('look', null)).rejects.toMatchObject({ code: 'CLI-005' });
  });

  it('names a problem that this release does not know by its code', async () => {
    const two = new Two(() => new Promise(() => undefined));
    const asked = two.asker.call('look', null);
    const problem = { code: 'NEW-001', parameters: {} } as never;
    two.asker.receive({ kind: 'answer', id: 1, body: null, problem });
    await expect(asked).rejects.toThrow(/NEW-001/);
  });

  it('fails at once where there is no channel', async () => {
    const two = new Two(async () => 'never');
    two.isUp = false;
    await expect(two.asker.call('look', null)).rejects.toMatchObject({ code: 'DMN-001' });
    expect(two.time.waiting).toBe(0);
  });

  it('fails when the channel is lost before the answer, and a late answer is for nobody', async () => {
    const two = new Two(() => new Promise(() => undefined));
    const asked = two.asker.call('look', null);
    two.asker.lost();
    await expect(asked).rejects.toThrow(/lost/);
    expect(two.time.waiting).toBe(0);
    two.asker.receive({ kind: 'answer', id: 1, body: 'late', problem: null });
  });

  it('is not answered with what was asked in an earlier session, though the asker counts anew', async () => {
    const slow: ((value: string) => void)[] = [];
    const two = new Two(() => new Promise((done) => void slow.push(done)));
    two.asker.call('preflight', null).catch(() => undefined);
    two.asker.lost();
    two.answerer.lost();
    two.restartAsker();
    const asked = two.asker.call('look', null);
    slow[0]?.('of the preflight');
    await Promise.resolve();
    slow[1]?.('of the look');
    expect(await asked).toBe('of the look');
  });

  it('fails after half a minute without an answer', async () => {
    const two = new Two(async () => 'lost on its way');
    two.loses = (message) => message.kind === 'answer';
    const asked = two.asker.call('look', null);
    two.time.advance(30_000);
    await expect(asked).rejects.toThrow(/in time/);
  });

  it('is refused, not left waiting, where too many are open', async () => {
    const two = new Two(() => new Promise(() => undefined));
    for (let i = 0; i < 256; i++) two.asker.call('slow', null).catch(() => undefined);
    await expect(two.asker.call('one more', null)).rejects.toThrow(/too many/);
  });
});
