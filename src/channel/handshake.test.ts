import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factsOf } from './facts.testing.ts';
import { judge } from './handshake.ts';
import type { JudgeContext, Verdict } from './handshake.ts';
import { readFacts } from './hello.ts';
import type { HandshakeFacts, OwnFacts } from './hello.ts';

const CONTEXT: JudgeContext = {
  wallMs: 1_000_000,
  timeDifferenceMaxMs: 5000,
  address: '10.0.0.2:57348',
  stateDirectory: '/var/lib/understudy',
  hasOwnCertificate: false,
};
const HERE = factsOf('primary');
const THERE = factsOf('secondary');

function sent(facts: OwnFacts, wallMs = 1_000_000): HandshakeFacts {
  return { ...facts, wallMs, votes: [] };
}

/** The verdicts of both sides. */
function verdicts(here: OwnFacts, there: OwnFacts): [Verdict, Verdict] {
  return [judge(here, sent(there), CONTEXT), judge(there, sent(here), CONTEXT)];
}

function codeOf(verdict: Verdict): string {
  return verdict.accepted ? 'accepted' : verdict.problem.code;
}

const changedHere = { version: 4, digest: 'bb', agreedVersion: 3, agreedDigest: 'aa' };
const changedThere = { version: 5, digest: 'cc', agreedVersion: 3, agreedDigest: 'aa' };

describe('two servers judge each other alike', () => {
  it.each<[string, Partial<OwnFacts>, Partial<OwnFacts>, string]>([
    ['a healthy pair', {}, {}, 'accepted'],
    ['neighbouring releases', { protocol: { min: 1, max: 2 } }, { protocol: { min: 2, max: 3 } }, 'accepted'],
    ['no common protocol', { protocol: { min: 3, max: 4 } }, { protocol: { min: 1, max: 2 } }, 'CHN-009'],
    ['no common protocol before all else', { protocol: { min: 9, max: 9 } }, { pairId: 'x' }, 'CHN-009'],
    ['another pair', {}, { pairId: 'other' }, 'CHN-005'],
    ['another pair before the identity', {}, { pairId: 'other', identity: 'primary' }, 'CHN-005'],
    ['the same machine', {}, { instance: HERE.instance, serverId: HERE.serverId }, 'CHN-014'],
    ['a clone', {}, { serverId: HERE.serverId, identity: 'primary' }, 'CHN-007'],
    ['the same identity twice', {}, { identity: 'primary' }, 'CHN-006'],
    ['both active', {}, { role: 'active' }, 'CHN-008'],
    ['settings changed on both', { settings: changedHere }, { settings: changedThere }, 'CHN-010'],
    [
      'settings changed alike on both',
      { settings: changedHere },
      { settings: { ...changedThere, digest: 'bb' } },
      'accepted',
    ],
    ['settings changed on one', { settings: changedHere }, {}, 'accepted'],
    ['settings changed on the other', {}, { settings: changedThere }, 'accepted'],
  ])('%s', (_, here, there, expected) => {
    const both = verdicts({ ...HERE, ...here }, { ...THERE, ...there });
    expect(both.map(codeOf)).toEqual([expected, expected]);
  });

  it('whatever their facts', () => {
    const few = (...values: string[]) => fc.constantFrom(...values);
    const facts = fc.record({
      pairId: few('p', 'q'),
      serverId: few('s', 't'),
      instance: few('i', 'j'),
      identity: fc.constantFrom('primary' as const, 'secondary' as const),
      role: fc.constantFrom('active' as const, 'passive' as const),
      min: fc.integer({ min: 1, max: 3 }),
      version: fc.integer({ min: 3, max: 4 }),
      digest: few('a', 'b'),
    });
    const full = ({ min, version, digest, ...rest }: { min: number; version: number; digest: string }): OwnFacts => ({
      ...HERE,
      ...rest,
      protocol: { min, max: min + 1 },
      settings: { version, digest, agreedVersion: 3, agreedDigest: 'a' },
    });
    fc.assert(
      fc.property(facts, facts, (x, y) => {
        const [mine, theirs] = verdicts(full(x), full(y));
        expect(codeOf(mine)).toBe(codeOf(theirs));
        if (mine.accepted && theirs.accepted) expect(mine.version).toBe(theirs.version);
      }),
    );
  });

  it('takes the highest version both speak', () => {
    const [mine] = verdicts({ ...HERE, protocol: { min: 1, max: 3 } }, { ...THERE, protocol: { min: 2, max: 5 } });
    expect(mine).toMatchObject({ accepted: true, version: 3 });
  });

  it('connects two passive servers with a warning', () => {
    const [mine] = verdicts({ ...HERE, role: 'passive' }, THERE);
    expect(mine).toMatchObject({ accepted: true, warnings: [{ code: 'CHN-012' }] });
  });

  it('warns of a clock that differs by more than the limit, ahead or behind', () => {
    for (const [wallMs, expected] of [
      [1_005_000, []],
      [1_005_001, [{ code: 'CHN-011' }]],
      [994_000, [{ code: 'CHN-011' }]],
    ] as const) {
      expect(judge(HERE, sent(THERE, wallMs), CONTEXT)).toMatchObject({ accepted: true, warnings: expected });
    }
  });

  it('takes whoever shows our own certificate for a clone', () => {
    expect(codeOf(judge(HERE, sent(THERE), { ...CONTEXT, hasOwnCertificate: true }))).toBe('CHN-007');
  });
});

describe('facts from the wire', () => {
  const good = sent(HERE);

  it('are read back as they were sent, and fields of a newer release are left out', () => {
    expect(readFacts({ ...good, votes: [{ round: 1 }], later: true })).toEqual(good);
  });

  it.each<[string, unknown]>([
    ['not an object', 'hello'],
    ['no protocol', { ...good, protocol: null }],
    ['a range upside down', { ...good, protocol: { min: 2, max: 1 } }],
    ['an unknown role', { ...good, role: 'leader' }],
    ['a negative epoch', { ...good, epoch: -1 }],
    ['a fraction', { ...good, epoch: 1.5 }],
    ['a text too long', { ...good, pairName: 'x'.repeat(300) }],
    ['a clock that is no number', { ...good, wallMs: Number.NaN }],
    ['positions missing', { ...good, positions: { durable: { epoch: 1, sequence: 1 } } }],
    ['too many votes', { ...good, votes: Array.from({ length: 99 }) }],
  ])('are refused: %s', (_, value) => {
    expect(readFacts(value)).toBeNull();
  });
});
