import { expect, it } from 'vitest';
import { MalformedRecord } from '../changes/malformed-record.ts';
import { seededRandom } from '../kernel/random.ts';
import { decodeBatch, encodeBatch, type RegistryBatch } from './batch-codec.ts';
import { anyEdit } from './registry.testing.ts';

function anyBatch(seed: number): RegistryBatch {
  const random = seededRandom(seed);
  const edits = Array.from({ length: 20 }, () => anyEdit(random));
  const section = { store: 'file', include: ['HKLM\\Software\\**'], exclude: [], isRead: true, edits };
  return {
    run: 1e12,
    number: seed,
    purpose: 'whole',
    check: 7,
    sections: [section, { ...section, store: 'b', edits: [] }],
  };
}

it('a batch is the same after it is encoded and decoded', () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const decoded = decodeBatch(encodeBatch(anyBatch(seed)));
    expect(JSON.stringify(decoded)).toBe(JSON.stringify(anyBatch(seed)));
  }
});

it('bytes that are none are refused, whatever they are', () => {
  const whole = encodeBatch(anyBatch(1));
  const random = seededRandom(2);
  for (let at = 0; at < whole.length; at += 1)
    expect(() => decodeBatch(whole.subarray(0, at))).toThrow(MalformedRecord);
  for (let round = 0; round < 2000; round += 1) {
    const spoilt = Buffer.from(whole);
    for (let count = 0; count < 3; count += 1)
      spoilt[Math.floor(random() * spoilt.length)] = Math.floor(random() * 256);
    try {
      decodeBatch(spoilt);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedRecord);
    }
  }
});
