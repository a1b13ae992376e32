/*
 * What it proves: when somebody unmounts an intercepted folder, a running pair loses nothing: what is open there goes
 * on, what is done past the mount is seen, the copy does not count as consistent, and once nobody uses the old mount
 * the folder is intercepted again.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ANY_LOSS } from '../support/random-operations.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 120_000;
const LONG_MS = 300_000;

it(
  'a folder that somebody unmounts is watched while it is used, and then intercepted again [CAP-035]',
  async () => {
    await using pair = await runningPair({ pairSettings: { ...ANY_LOSS, capture: 'intercept' } });
    await pair.synchronized();
    const at = (name: string): string => join(pair.active.data, name);
    const kind = (wanted: string): Promise<true> =>
      until(`capture by ${wanted}`, WAIT_MS, async (seen) => {
        const { capture } = await pair.active.status();
        seen(JSON.stringify(capture));
        return capture?.[0]?.kind === wanted ? true : null;
      });
    const items = (...wanted: readonly string[]): Promise<true> =>
      until(`CAP-035 about ${wanted.join()}`, WAIT_MS, async (seen) => {
        const found = (await pair.active.findings('CAP-035')).map(({ item }) => item);
        seen(found.join());
        return found.join() === wanted.join() ? true : null;
      });
    await kind('intercept');
    const writer = spawn('sh', [
      '-c',
      'exec 3>"$0"; echo; while read line; do echo "$line" >&3; echo; done',
      at('held'),
    ]);
    const said = (): Promise<unknown> => once(writer.stdout, 'data');
    await said();
    execFileSync('umount', ['--lazy', pair.active.data]);
    await kind('watch');
    await items('/data');
    const written = said();
    writer.stdin.write('by what was open\n');
    await written;
    fs.writeFileSync(at('past'), 'past the mount');
    await pair.synchronized();
    await pair.settled();
    expect(fs.readFileSync(join(pair.passive.data, 'held'), 'utf8')).toBe('by what was open\n');
    expect(pair.differences()).toEqual([]);
    expect((await pair.active.status()).fileSystem.consistent).toBe(false);

    const gone = once(writer, 'exit');
    writer.stdin.end();
    await gone;
    await kind('intercept');
    fs.writeFileSync(at('again'), 'intercepted');
    await pair.synchronized();
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    await items();
  },
  LONG_MS,
);
