import { describe, expect, test } from 'vitest';
import { fileSystemStatus, type SynchronizationFacts } from './synchronization-status.ts';

const CHOICES = {
  lifecycle: ['starting', 'running', 'stopping'],
  configured: [true, false],
  channel: ['Connected', 'Waiting', 'Not connected'],
  failed: [true, false],
  itemsDifferent: [true, false],
  verification: ['none', 'running', 'unfinished', 'done'],
  gap: [true, false],
  queued: [true, false],
} as const satisfies { [Key in keyof SynchronizationFacts]: readonly SynchronizationFacts[Key][] };

function everyCombination(): SynchronizationFacts[] {
  let all: Record<string, unknown>[] = [{}];
  for (const [key, values] of Object.entries(CHOICES)) {
    all = all.flatMap((facts) => values.map((value) => ({ ...facts, [key]: value })));
  }
  return all as unknown as SynchronizationFacts[];
}

/** The order as the architecture writes it: the condition and its word. */
const WRITTEN: readonly (readonly [string, (facts: SynchronizationFacts) => boolean, string])[] = [
  ['starting or stopping', (f) => f.lifecycle === 'starting' || f.lifecycle === 'stopping', 'Uninitialized'],
  ['nothing of the kind configured', (f) => !f.configured, 'Not protected'],
  ['channel never made or lost', (f) => f.channel === 'Not connected', 'Out of sync'],
  ['a store or the journal failed', (f) => f.failed, 'Error'],
  ['any item known different or held back', (f) => f.itemsDifferent, 'Out of sync'],
  ['first verification running', (f) => f.verification === 'running', 'Checking'],
  [
    'verification unfinished, or a gap not yet closed',
    (f) => f.verification === 'none' || f.verification === 'unfinished' || f.gap,
    'Unchecked',
  ],
  [
    'changes queued, or the channel in its short wait',
    (f) => f.queued || f.channel === 'Waiting',
    'Synchronized and busy processing',
  ],
  ['else', () => true, 'Synchronized'],
];

describe('the File System Status', () => {
  test('follows the written order for every combination of facts', () => {
    const seen = new Map<string, number>();
    for (const facts of everyCombination()) {
      const rule = WRITTEN.find(([, holds]) => holds(facts));
      expect(fileSystemStatus(facts), `${rule?.[0]} ${JSON.stringify(facts)}`).toBe(rule?.[2]);
      seen.set(rule?.[0] ?? '', (seen.get(rule?.[0] ?? '') ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(WRITTEN.map(([name]) => name).sort());
  });

  test('says Synchronized for exactly one combination of facts', () => {
    expect(everyCombination().filter((facts) => fileSystemStatus(facts) === 'Synchronized')).toEqual([
      {
        lifecycle: 'running',
        configured: true,
        channel: 'Connected',
        failed: false,
        itemsDifferent: false,
        verification: 'done',
        gap: false,
        queued: false,
      },
    ]);
  });
});
