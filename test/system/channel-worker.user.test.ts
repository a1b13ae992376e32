/**
 * What it proves: the thread that holds the channel may end, once or again and again. That is told, nobody takes the two
 * for connected meanwhile, and once it can work it does, without a restart of the daemon, and the finding is over.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFailed } from 'vitest';
import { converges, over } from '../support/after-fault.ts';
import { ENDS_CHANNEL } from '../support/mortal-channel.ts';
import { makePair } from '../support/pair.ts';
import { until } from '../support/until.ts';

const MORTAL_CHANNEL = join(import.meta.dirname, '../support/mortal-channel.ts');
const TOLD_WITHIN_MS = 120_000;

it('a channel worker that ends is told, and another one takes its place', async () => {
  await using pair = await makePair();
  onTestFailed(() => void process.stderr.write(`${pair.logs()}\n`));
  for (const server of pair.servers) await server.start({ preload: MORTAL_CHANNEL });
  await pair.synchronized();
  for (const server of pair.servers) {
    const mark = join(server.stateDirectory, ENDS_CHANNEL);
    fs.writeFileSync(mark, '');
    const finding = await server.finding('DMN-003', TOLD_WITHIN_MS);
    expect(finding).toMatchObject({ server: server.place.identity, item: 'channel', severity: 'error' });
    expect(finding.cause).toContain('a test ends this thread');
    fs.writeFileSync(join(pair.active.data, `while the ${server.place.identity} is deaf`), 'content');
    await until('the two to be apart', TOLD_WITHIN_MS, async (seen) => {
      const { channel, fileSystem } = await server.status();
      seen(JSON.stringify({ channel, fileSystem }));
      return channel.status === 'Not connected' && fileSystem.status === 'Out of sync' ? true : null;
    });
    fs.rmSync(mark);
    await converges(pair);
    for (const each of pair.servers) {
      await over(each, 'DMN-003');
      expect((await each.status()).channel.status).toBe('Connected');
    }
  }
});
