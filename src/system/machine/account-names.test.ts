import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { accountNames, namesIn } from './account-names.ts';

it('finds the names that there are', async () => {
  const [users, groups] = [await accountNames('user', [0, 4_000_000_000]), await accountNames('group', [0])];
  expect([...users]).toEqual([[0, 'root']]);
  expect([...groups]).toEqual([[0, 'root']]);
});

it('takes the first name of a number, and only of those that were asked for', () => {
  const lines = ['a:x:5:5::/:/bin/sh', 'b:x:5:5::/:', 'c:x:6:6::/:', '', 'broken', ':x:7:'];
  expect([...namesIn(lines, new Set([5, 7, 9]))]).toEqual([[5, 'a']]);
});

it('finds none where no descriptor is left, and nothing ends by that', () => {
  const script = `
    import fs from 'node:fs';
    import { accountNames } from ${JSON.stringify(join(import.meta.dirname, 'account-names.ts'))};
    try { for (;;) fs.openSync('/dev/null', 'r'); } catch {}
    const names = await accountNames('user', [0]);
    process.on('exit', () => fs.writeSync(1, 'found ' + names.size));
    setTimeout(() => undefined, 10);
  `;
  const command = 'ulimit -n 100 && exec "$0" --input-type=module --eval "$1"';
  expect(execFileSync('sh', ['-c', command, process.execPath, script], { encoding: 'utf8' })).toBe('found 0');
});
