/**
 * What it proves: a pair whose servers have file systems of different kinds carries everything that both can hold, in
 * either direction. Their disks are so small that less is free than is to stay free beside the queues.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AnswerOf } from '../../src/api/requests.ts';
import { LoopDisk } from '../support/loop-disk.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { FLAG, setFlags } from '../support/raw-calls.ts';
import { changeSpecial, plantSpecial } from '../support/special-items.ts';
import { until } from '../support/until.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const WITHIN_MS = 120_000;
const LONG = { timeout: 300_000 };
/** Names and times beyond what is common. */
const LONG_NAME = 'n'.repeat(255);
const ODD_NAME = Buffer.from([0x6f, 0xff, 0x0a, 0x22]);

describe.each(['xfs', 'btrfs'] as const)('with %s', (kind) => {
  it.each(['passive', 'active'] as const)('on the %s server, everything is carried', LONG, async (side) => {
    using disk = new LoopDisk(kind);
    const homes = side === 'passive' ? { secondary: disk.folder } : { primary: disk.folder };
    await using pair = await runningPair({ homes, plant });
    await pair.synchronized({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);
    change(pair.active.data);
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);
    expect(await pair.active.run('check')).toMatchObject({ status: 0 });
  });
});

it('names an attribute that is not carried, until it is gone', LONG, async () => {
  using disk = new LoopDisk('btrfs');
  await using pair = await runningPair({ homes: { primary: disk.folder } });
  await pair.synchronized({ timeoutMs: WITHIN_MS });
  // That the two differ is told before, by either.
  for (const server of pair.servers) {
    const { stdout } = await server.run('preflight', '--json');
    const { findings } = JSON.parse(stdout) as AnswerOf<'preflight'>;
    const [differs] = findings.filter(({ code }) => code === 'DIA-012');
    expect(differs).toMatchObject({ item: '/data', server: 'secondary' });
    expect(differs?.cause).toContain('on btrfs on the active server');
  }
  const path = join(pair.active.data, 'pressed');
  fs.writeFileSync(path, 'content');
  // A file system's own name space, which the others do not know.
  attribute(path, "os.setxattr(path, 'btrfs.compression', b'zstd')");
  const found = await pair.passive.finding('CAP-013', WITHIN_MS);
  expect([found.item, found.server]).toEqual(['/data/pressed', 'primary']);
  expect(found.cause).toContain('btrfs.compression');
  // All else is.
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(fs.readFileSync(join(pair.passive.data, 'pressed'), 'utf8')).toBe('content');
  attribute(path, "os.removexattr(path, 'btrfs.compression')");
  await until('the finding to end', WITHIN_MS, async (seen) => {
    const left = await pair.passive.findings('CAP-013');
    seen(JSON.stringify(left));
    return left.length === 0 ? true : null;
  });
});

function attribute(path: string, deed: string): void {
  execFileSync('python3', ['-c', `import os, sys; path = sys.argv[1]; ${deed}`, path]);
}

function plant(data: string): void {
  const at = (name: string): string => join(data, name);
  plantSpecial(at('special'));
  fs.writeFileSync(at('sparse'), '');
  fs.truncateSync(at('sparse'), 2 * MIB);
  writeAt(at('sparse'), MIB, 'in the middle');
  fs.writeFileSync(at('zeros'), Buffer.alloc(700 * KIB));
  fs.writeFileSync(at(LONG_NAME), 'a long name');
  fs.writeFileSync(Buffer.concat([Buffer.from(`${data}/`), ODD_NAME]), 'an odd name');
  for (const name of ['case', 'CASE']) fs.writeFileSync(at(name), name);
  for (const name of ['fixed', 'growing']) fs.writeFileSync(at(name), name);
  setFlags(at('fixed'), FLAG.immutable);
  setFlags(at('growing'), FLAG.appendOnly);
  fs.mkdirSync(at('many'));
  for (let file = 0; file < 300; file += 1) fs.writeFileSync(at(`many/${String(file)}`), `no. ${String(file)}`);
}

function change(data: string): void {
  const at = (name: string): string => join(data, name);
  changeSpecial(at('special'));
  writeAt(at('sparse'), MIB + 100 * KIB, 'and further on');
  writeAt(at('zeros'), 5, 'no zeros');
  fs.renameSync(at('many'), at('many more'));
  for (let file = 0; file < 300; file += 3) fs.rmSync(at(`many more/${String(file)}`));
  fs.renameSync(at('CASE'), at('Case'));
  fs.appendFileSync(at('growing'), ' and growing');
  fs.linkSync(at(LONG_NAME), at('many more/another name'));
}

function writeAt(path: string, position: number, content: string): void {
  const file = fs.openSync(path, 'r+');
  fs.writeSync(file, content, position);
  fs.closeSync(file);
}
