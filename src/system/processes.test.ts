import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { describeProcess, unitOf, writersOf } from './processes.ts';

it('describes a process, and none where there is none', () => {
  const facts = describeProcess(process.pid);
  expect(facts?.commandLine).toContain('node');
  expect(facts?.name.length).toBeGreaterThan(0);
  expect(describeProcess(2 ** 30)).toBeNull();
});

it('finds the innermost unit in a control group', () => {
  expect(unitOf('0::/system.slice/mysql.service\n')).toBe('mysql.service');
  expect(unitOf('0::/user.slice/user@1000.service/app.slice/shop.service/worker\n')).toBe('shop.service');
  expect(unitOf('3:cpu:/\n1:name=systemd:/system.slice/a.service\n0::/\n')).toBe('a.service');
  expect(unitOf('0::/\n')).toBeNull();
});

it('names who else holds a file open for writing, not who only reads it', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'understudy-holders-'));
  const [written, read] = [join(folder, 'written'), join(folder, 'read')];
  fs.writeFileSync(written, '');
  fs.writeFileSync(read, '');
  const child = spawn('sh', ['-c', 'exec 5>>"$0" 6<"$1"; echo ready; read line', written, read]);
  try {
    await new Promise((done) => child.stdout.once('data', done));
    const identities = [written, read].map((path) => {
      const { dev, ino } = fs.statSync(path);
      return { device: dev, inode: ino };
    });
    expect(writersOf(identities)).toMatchObject([
      { ...identities[0], by: 'descriptor', process: { processId: child.pid, name: 'sh' } },
    ]);
    expect(writersOf([])).toEqual([]);
  } finally {
    child.stdin.end('\n');
    fs.rmSync(folder, { recursive: true });
  }
});
