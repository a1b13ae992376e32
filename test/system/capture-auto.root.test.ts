/*
 * What it proves: where the settings leave it open, root's daemons mount over a folder that nobody has open, and watch one
 * that somebody works in, saying who.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { AnswerOf } from '../../src/api/requests.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';

it('with capture: auto a folder is intercepted while nobody has a file of it open for writing', async () => {
  await using pair = await runningPair({ pairSettings: { capture: 'auto' } });
  await pair.synchronized();
  expect(await capture(pair)).toEqual([{ folder: '/data', kind: 'intercept' }]);
  await pair.active.stop();
  const writer = spawn('sh', ['-c', 'exec 3>"$0"; echo; read line', join(pair.active.data, 'held')]);
  await once(writer.stdout, 'data');
  expect(await watchedBecause(pair)).toContain(`(${String(writer.pid)}) has a file of it open for writing`);
  await pair.active.start();
  await pair.synchronized();
  expect(await watchedBecause(pair)).toContain(`(${String(writer.pid)}) has a file of it open for writing`);
  const because = expect.stringContaining(`(${String(writer.pid)}) has a file of it open for writing`);
  expect(await capture(pair)).toEqual([{ folder: '/data', kind: 'watch', because }]);
  const told = (await pair.active.client.call('events', { limit: 1000 })).events.map(({ text }) => text);
  expect(told.filter((text) => text.includes('is watched, not intercepted'))).toHaveLength(1);
  expect(await pair.active.findings('CAP-037')).toEqual([]);
  const gone = once(writer, 'exit');
  writer.stdin.end();
  await gone;
  await pair.active.stop();
  await pair.active.start();
  await pair.synchronized();
  expect(await capture(pair)).toEqual([{ folder: '/data', kind: 'intercept' }]);
  expect(pair.differences()).toEqual([]);
});

/** What preflight says of the folder, before the daemon runs and while it does. */
async function watchedBecause({ active }: Pair): Promise<string | undefined> {
  const { findings } = JSON.parse((await active.run('preflight', '--json')).stdout) as AnswerOf<'preflight'>;
  return findings.find(({ code, item, server }) => code === 'CAP-063' && item === '/data' && server === 'primary')
    ?.cause;
}

async function capture(pair: Pair): Promise<unknown> {
  return (await pair.active.status()).capture;
}
