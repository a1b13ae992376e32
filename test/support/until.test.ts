import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/problems/problem.ts';
import { until } from './until.ts';

const SHORT_MS = 30;
const LONG_MS = 60_000;

function notThere(): never {
  fs.readFileSync('/proc/self/none');
  throw new Error('it is there');
}

function noAnswer(): never {
  throw new Problem('CLI-001', { socket: '/none', reason: 'nobody listens' });
}

describe('until', () => {
  it.each([notThere, noAnswer])('looks again where a look meets what may be so for a moment ($name)', async (meet) => {
    let looks = 0;
    const found = await until('something', LONG_MS, () => ((looks += 1) < 3 ? meet() : looks));
    expect(found).toBe(3);
  });

  it('says in the end what it met last', async () => {
    await expect(until('something', SHORT_MS, notThere)).rejects.toThrow(/for something; last seen: .*ENOENT/);
    const late = (): Promise<never> => Promise.reject(new Problem('CLI-012', {}));
    await expect(until('something', SHORT_MS, late)).rejects.toThrow(/last seen: .*before its answer was complete/);
  });

  it('ends at once with whatever else a look throws', async () => {
    const refuse = (): never => {
      throw new Problem('CLI-015', { socket: '/none' });
    };
    await expect(until('something', LONG_MS, refuse)).rejects.toThrow(Problem);
    const fail = (): never => {
      throw new Error('the daemon ended');
    };
    await expect(until('something', LONG_MS, fail)).rejects.toThrow('the daemon ended');
  });
});
