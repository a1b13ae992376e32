/**
 * What it proves: the Debian package that `npm run package` makes needs nothing but itself. On a machine with systemd
 * it is installed, runs as a service, and is removed; what it protected and its settings stay, nothing of it does.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFailed } from 'vitest';
import { NodeNetwork } from '../support/nodes/node-network.ts';
import { SystemdNode } from '../support/nodes/systemd-node.ts';
import { until } from '../support/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const ANSWERS_MS = 120_000;
const BUILT_MS = 300_000;

it('is installed, runs, and is removed without a trace', { timeout: BUILT_MS }, async () => {
  const top = fs.mkdtempSync(join(tmpdir(), 'understudy-deb-'));
  const name = `understudy-deb-${process.pid}`;
  const network = new NodeNetwork(name);
  const place = join(top, 'node');
  const data = join(top, 'srv');
  for (const folder of [place, join(data, 'shop')]) fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(join(data, 'shop/file'), 'content');
  const [networkNamespace] = network.names;
  const node = new SystemdNode({ name, place, networkNamespace, folders: { '/srv': data } });
  onTestFailed(() => void process.stderr.write(node.log()));
  try {
    const built = execFileSync('sh', ['bin/pinned-node', 'scripts/package.ts', '--output', top], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    fs.copyFileSync(built.trim(), node.file('/var/understudy.deb'));
    await node.boot();
    await node.ask('dpkg', '--install', '/var/understudy.deb');
    expect(await node.ask('understudy', '--version')).toMatch(/\d+\.\d+\.\d+/);
    // Its own Node, not the machine's.
    expect(await node.ask('sh', '-c', 'head -c 4 /usr/lib/understudy/node_modules/node-linux-*/bin/node')).toContain(
      'ELF',
    );
    expect(fs.existsSync(node.file('/usr/share/man/man8/understudy.8.gz'))).toBe(true);
    expect(await node.activeState('understudy.service')).toBe('inactive');

    const words = [
      '--pair',
      'shop',
      '--identity',
      'primary',
      '--listen',
      '127.0.0.1:57348',
      '--peer',
      '127.0.0.1:57349',
    ];
    await node.ask('understudy', 'init', ...words, '--include', '/srv/shop/**', '--api-listen', '127.0.0.1:52267');
    await node.ask('systemctl', 'start', 'understudy.service');
    await until('the daemon to answer', ANSWERS_MS, async (seen) => {
      const { status, stdout, stderr } = await node.run('understudy', 'status', '--json');
      seen(stdout + stderr);
      return status === 0 ? true : null;
    });
    expect(await node.activeState('understudy-keeper.service')).toBe('active');

    await node.ask('dpkg', '--remove', 'understudy');
    for (const unit of ['understudy.service', 'understudy-keeper.service']) {
      expect(await node.activeState(unit)).toBe('inactive');
    }
    for (const path of ['/usr/bin/understudy', '/usr/lib/understudy', '/lib/systemd/system/understudy.service']) {
      expect((await node.run('test', '-e', path)).status, path).toBe(1);
    }
    expect(await node.ask('cat', '/proc/self/mountinfo')).not.toContain('fuse.understudy');
    expect(fs.readFileSync(join(data, 'shop/file'), 'utf8')).toBe('content');
    await node.ask('test', '-e', '/etc/understudy/server.yaml');
    await node.ask('test', '-e', '/var/lib/understudy/identity.json');

    await node.ask('dpkg', '--purge', 'understudy');
    for (const path of ['/etc/understudy', '/var/lib/understudy']) {
      expect((await node.run('test', '-e', path)).status, path).toBe(1);
    }
    expect(fs.readFileSync(join(data, 'shop/file'), 'utf8')).toBe('content');
  } finally {
    await node.remove();
    network.remove();
    fs.rmSync(top, { recursive: true, force: true });
  }
});
