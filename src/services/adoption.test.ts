import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import type { ConfigFiles } from '../kernel/config-files.ts';
import { FileError } from '../kernel/files.ts';
import { adopt, type AdoptionFile, NOTHING_ADOPTED, readAdoption, release } from './adoption.ts';
import { Adopter } from './adopter.ts';
import { dropInOf, guardChanges, type GuardedUnit } from './guard.ts';
import { ManagerError } from './service.ts';
import { propertiesOf } from './systemctl.ts';
import type { UnitControl, UnitProperties } from './unit.ts';

const UNITS: readonly GuardedUnit[] = [
  { name: 'shop.service', kind: 'service', isWanted: true },
  { name: 'shop.socket', kind: 'trigger', isWanted: true },
];

/** Files that are there, or fail from the so-and-so-manieth change on, as when the power is cut. */
class Disk implements ConfigFiles, AdoptionFile {
  readonly entries = new Map<string, string>();
  changesLeft = Infinity;
  reloads = 0;
  needsFolders = false;

  constructor() {
    this.entries.set('/etc/systemd/system/', 'folder');
    this.entries.set('/etc/systemd/system/multi-user.target.wants/', 'folder');
    this.entries.set('/etc/systemd/system/multi-user.target.wants/shop.service', 'link ../shop.service');
    this.entries.set('/etc/systemd/system/shop.service.d/', 'folder');
    this.entries.set('/etc/systemd/system/shop.service.d/mine.conf', 'file [Service]\nRestart=always\n');
  }

  get text(): string {
    return JSON.stringify([...this.entries].sort());
  }

  read(path = '/record'): string | null {
    const entry = this.entries.get(path);
    return entry?.startsWith('file ') === true ? entry.slice(5) : null;
  }

  write(path: string, text?: string): void {
    this.#change('write', path);
    if (text === undefined) this.entries.set('/record', `file ${path}`);
    else this.entries.set(path, `file ${text}`);
  }

  remove(path = '/record'): void {
    this.#change('unlink', path);
    this.entries.delete(path);
  }

  sha256(text: string): string {
    return text;
  }

  list(folder: string): readonly string[] {
    const names = [...this.entries.keys()].filter((path) => path.startsWith(`${folder}/`));
    return [...new Set(names.map((path) => path.slice(folder.length + 1).split('/')[0] as string))].filter(Boolean);
  }

  linkTarget(path: string): string | null {
    const entry = this.entries.get(path);
    return entry?.startsWith('link ') === true ? entry.slice(5) : null;
  }

  link(path: string, target: string): void {
    this.#change('symlink', path);
    if (this.needsFolders && !this.isFolder(dirname(path)))
      throw new FileError({ code: 'ENOENT', call: 'symlink', path });
    this.entries.set(path, `link ${target}`);
  }

  isFolder(path: string): boolean {
    return this.entries.has(`${path}/`);
  }

  makeFolder(path: string): void {
    this.#change('mkdir', path);
    this.entries.set(`${path}/`, 'folder');
  }

  removeFolder(path: string): void {
    this.#change('rmdir', path);
    if (this.list(path).length === 0) this.entries.delete(`${path}/`);
  }

  async reload(): Promise<void> {
    this.#change('reload', '/');
    this.reloads += 1;
  }

  #change(call: string, path: string): void {
    if (this.changesLeft === 0) throw new FileError({ code: 'EIO', call, path });
    this.changesLeft -= 1;
  }
}

const partsOf = (disk: Disk) => ({ file: disk, files: disk, reload: () => disk.reload() });

async function adoptAll(disk: Disk): Promise<void> {
  const more = {
    services: [{ name: 'shop.service', units: UNITS }],
    changes: guardChanges(disk, 'shop.service', UNITS),
  };
  await adopt(partsOf(disk), readAdoption(disk), more);
}

it('guards a service and what starts it, and undoes it to the last byte', async () => {
  const disk = new Disk();
  const before = disk.text;
  await adoptAll(disk);
  expect(disk.read(dropInOf('shop.service'))).toContain('AssertPathExists=/run/understudy/permitted/shop.service');
  expect(disk.read(dropInOf('shop.service'))).toContain('Restart=no');
  expect(disk.read(dropInOf('shop.socket'))).not.toContain('Restart');
  expect(disk.linkTarget('/etc/systemd/system/multi-user.target.wants/shop.service')).toBeNull();
  expect(guardChanges(disk, 'shop.service', UNITS)).toEqual([]);
  await release(partsOf(disk), readAdoption(disk));
  expect(disk.text).toBe(before);
  expect(disk.reloads).toBe(2);
});

it('can be interrupted after each of its steps, and still undoes everything', async () => {
  const whole = new Disk();
  const before = whole.text;
  await adoptAll(whole);
  const after = whole.text;
  for (let steps = 0; ; steps += 1) {
    const disk = new Disk();
    disk.changesLeft = steps;
    const isWhole = await adoptAll(disk).then(
      () => true,
      () => false,
    );
    disk.changesLeft = Infinity;
    const other = new Disk();
    for (const [path, entry] of disk.entries) other.entries.set(path, entry);
    for (const path of other.entries.keys()) if (!disk.entries.has(path)) other.entries.delete(path);
    // Either somebody releases what there is, or the next start goes on.
    await release(partsOf(disk), readAdoption(disk));
    expect(disk.text).toBe(before);
    const found = readAdoption(other);
    if (found.state === 'adopting') await adopt(partsOf(other), found, { services: [], changes: [] });
    else if (steps === 0) await adoptAll(other);
    expect(other.text).toBe(after);
    if (isWhole) break;
  }
});

it('releases after it was interrupted there, too', async () => {
  const before = new Disk().text;
  for (let steps = 0; ; steps += 1) {
    const disk = new Disk();
    await adoptAll(disk);
    disk.changesLeft = steps;
    const isWhole = await release(partsOf(disk), readAdoption(disk)).then(
      () => true,
      () => false,
    );
    disk.changesLeft = Infinity;
    await release(partsOf(disk), readAdoption(disk));
    expect(disk.text).toBe(before);
    if (isWhole) break;
  }
});

it('puts a link back whose folder went with the last one in it', async () => {
  const disk = new Disk();
  const before = disk.text;
  await adoptAll(disk);
  disk.entries.delete('/etc/systemd/system/multi-user.target.wants/');
  disk.needsFolders = true;
  await release(partsOf(disk), readAdoption(disk));
  expect(disk.text).toBe(before);
});

it('plans nothing more where one adopted service needs another one, and both share what starts them', async () => {
  const disk = new Disk();
  const properties = async (name: string): Promise<UnitProperties> => ({
    ...propertiesOf(() => ''),
    triggeredBy: name === 'shop.service' || name === 'till.service' ? ['both.path'] : [],
    requiredBy: name === 'shop.service' ? ['till.service'] : [],
  });
  const control = { properties, reload: () => disk.reload() } as unknown as UnitControl;
  const adopter = new Adopter({ file: disk, files: disk, control });
  const listed = ['shop.service', 'till.service'].map((name) => ({ name, manager: 'systemd' }));
  await adopter.adopt(await adopter.plan(listed));
  const guarded = (unit: string): string | undefined => /permitted\/(.*)/.exec(disk.read(dropInOf(unit)) ?? '')?.[1];
  expect(['shop.service', 'till.service', 'both.path'].map(guarded)).toEqual([
    ...['shop.service', 'till.service', 'shop.service'],
  ]);
  expect(await adopter.plan(listed)).toEqual({ services: [], changes: [] });
});

it('leaves what somebody else did meanwhile', async () => {
  const disk = new Disk();
  await adoptAll(disk);
  const link = '/etc/systemd/system/multi-user.target.wants/shop.service';
  disk.entries.set(link, 'link /elsewhere');
  disk.entries.set('/etc/systemd/system/shop.socket.d/theirs.conf', 'file x');
  await release(partsOf(disk), readAdoption(disk));
  expect(disk.linkTarget(link)).toBe('/elsewhere');
  expect(disk.read('/etc/systemd/system/shop.socket.d/theirs.conf')).toBe('x');
  expect(readAdoption(disk)).toEqual(NOTHING_ADOPTED);
});

it('puts lines into the settings of another program, and takes out those alone, whatever was written since', async () => {
  const disk = new Disk();
  const file = '/etc/clamav/clamd.conf';
  disk.entries.set(file, 'file User clamav');
  const linesOf = (text: string) => ({ services: [], changes: [{ kind: 'lines', path: file, text } as const] });
  for (const text of ['Exclude /a\n', 'Exclude /b\n', 'Exclude /a\n'])
    await adopt(partsOf(disk), readAdoption(disk), linesOf(text));
  expect(disk.read(file)).toBe('Exclude /b\nExclude /a\nUser clamav');
  disk.entries.set(file, `file New 1\n${disk.read(file) ?? ''}\nNew 2\n`);
  await release(partsOf(disk), readAdoption(disk));
  expect(disk.read(file)).toBe('New 1\nUser clamav\nNew 2\n');
  expect([disk.reloads, readAdoption(disk)]).toEqual([0, NOTHING_ADOPTED]);
});

it('what was to be let go of is not taken up again with something else', async () => {
  const disk = new Disk();
  await adoptAll(disk);
  let isReloaded = false;
  const reload = async (): Promise<void> => {
    if (!isReloaded) throw new ManagerError('no bus');
  };
  const adopter = new Adopter({ file: disk, files: disk, control: { reload } as unknown as UnitControl });
  await expect(adopter.release()).rejects.toThrow();
  expect(adopter.isAdopted('shop.service')).toBe(false);
  isReloaded = true;
  disk.entries.set('/etc/scanner.conf', 'file theirs\n');
  const lines = { kind: 'lines', path: '/etc/scanner.conf', text: 'ours\n' } as const;
  await adopter.adopt({ services: [], changes: [lines] });
  expect(readAdoption(disk)).toMatchObject({ state: 'adopted', services: [], changes: [lines] });
  expect(disk.read(dropInOf('shop.service'))).toBeNull();
});
