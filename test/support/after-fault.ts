import { expect } from 'vitest';
import type { AskedServer } from './asked-server.ts';
import type { Pair } from './pair.ts';
import { until } from './until.ts';

const CONVERGES_WITHIN_MS = 120_000;

/** Waits until the server shows no such finding any more. */
export async function over(server: AskedServer, code: string): Promise<void> {
  await until(`${code} to be over`, CONVERGES_WITHIN_MS, async (seen) => {
    const findings = await server.findings(code);
    seen(JSON.stringify(findings));
    return findings.length === 0 ? true : null;
  });
}

/** Both servers come to say Synchronized, and hold the same then. */
export async function converges(pair: Pair): Promise<void> {
  await pair.settled({ timeoutMs: CONVERGES_WITHIN_MS });
  expect(pair.differences()).toEqual([]);
}
