import { describe, expect, it } from 'vitest';
import type { Status } from '../api/status.ts';
import { sceneLines, type Scene } from './screen.ts';

const QUEUE = { bytes: 0, records: 0, oldestMs: 0 };
const FIGURES = { created: 9_999, renamed: 9_999, deleted: 9_999, bytes: 123_456_789, transactions: 9_999 };

function status(role: 'active' | 'passive', change: Partial<Status> = {}): Status {
  return {
    pair: 'shop',
    identity: role === 'active' ? 'primary' : 'secondary',
    role,
    epoch: 1,
    systemStatus: 'Replicating',
    asOf: '2026-01-01T00:00:10.000Z',
    peer: null,
    fileSystem: {
      status: 'Synchronized',
      consistent: false,
      itemsTotal: 2_000,
      itemsOutOfSync: 0,
      itemsUnchecked: 0,
      position: { epoch: 1, sequence: 0 },
      check: null,
    },
    registry: { status: 'Not protected', itemsTotal: 0, itemsOutOfSync: 0, itemsUnchecked: 0, check: null },
    channel: { status: 'Connected', routes: [{ address: '127.0.0.1:1', status: 'Connected', roundTripMs: 0.2 }] },
    queues: { send: QUEUE, receive: QUEUE },
    recoveryPoint: null,
    replication: { mode: 'asynchronous', inForce: 'asynchronous', since: '2026-01-01T00:00:00.000Z' },
    capture: [],
    filters: [],
    findings: [],
    ...change,
  };
}

function lines(change: Partial<Scene>, columns = 80): string[] {
  const both = { active: status('active'), passive: status('passive') };
  const scene: Scene = {
    top: '/tmp/demo',
    both,
    figures: FIGURES,
    isCut: false,
    isHeld: false,
    note: 'Expect this.',
    ...change,
  };
  return sceneLines(scene, { columns, colour: false });
}

describe('the screen', () => {
  it('shows both servers, the keys and what to expect within 80 columns and 24 rows', () => {
    const shown = lines({});
    expect(shown.length).toBeLessThan(24);
    expect(shown.filter((line) => line.length > 80)).toEqual([]);
    expect(shown.join('\n')).toMatch(/Primary.*Synchronized.*Secondary.*Synchronized.*c cut the channel.*Expect this/s);
    expect(lines({ isCut: true }).join('\n')).toContain('c restore the channel');
  });

  it('puts the servers side by side on a wide screen', () => {
    expect(lines({}, 120)).toContainEqual(expect.stringMatching(/Primary \(active\).*Secondary \(passive\)/));
  });

  it('draws a bar while a check runs', () => {
    const check = {
      kind: 'full',
      itemsDone: 50,
      itemsTotal: 100,
      bytesDone: 5,
      bytesTotal: 10,
      bytesPerSecond: 1,
      remainingMs: 5_000,
    } as const;
    const passive = status('passive', { fileSystem: { ...status('passive').fileSystem, check } });
    expect(lines({ both: { active: null, passive } }).join('\n')).toMatch(/does not answer.*\[#{12}-{12}\] {2}50 %/s);
  });

  it('tells a finding that both servers know once', () => {
    const finding = {
      id: '1',
      code: 'APL-002',
      severity: 'warning',
      server: 'secondary',
      item: '/srv/shop/a',
      since: '2026-01-01T00:00:00.000Z',
      cause: 'It was changed.',
      evidence: [],
      resolution: 'Stop it.',
      action: null,
      parent: null,
    } as const;
    const both = {
      active: status('active', { findings: [finding] }),
      passive: status('passive', { findings: [finding] }),
    };
    expect(lines({ both }).filter((line) => line.includes('[APL-002]'))).toHaveLength(1);
  });
});
