import { expect, it } from 'vitest';
import { Flags } from '../command.ts';
import { presetOfFlags } from './application-preset.ts';

const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  '/etc/postgresql': ['15', '17'],
  '/etc/postgresql/15': ['main'],
  '/etc/postgresql/17': ['shop'],
  '/trial/etc/postgresql': ['16'],
  '/trial/etc/postgresql/16': ['main'],
};

function presetOf(given: Readonly<Record<string, string>>): ReturnType<typeof presetOfFlags> {
  const flags = new Flags(new Map(Object.entries(given).map(([name, value]) => [name, [value]])));
  return presetOfFlags(flags, { names: async (folder) => FOLDERS[folder] ?? [] });
}

it('finds each instance that is there, below the base of this server', async () => {
  const services = async (given: Readonly<Record<string, string>>): Promise<unknown> =>
    (await presetOf(given))?.values.protect.services?.map(({ name }) => name);
  const both = ['postgresql@15-main.service', 'postgresql@17-shop.service'];
  expect(await services({ for: 'postgresql' })).toEqual(both);
  expect(await services({ for: 'postgresql', base: '/trial' })).toEqual(['postgresql@16-main.service']);
  expect(await services({ for: 'postgresql', base: '/empty' })).toBeUndefined();
});

it('puts in the folder of the application', async () => {
  const filled = await presetOf({ for: 'docker-compose', folder: '/srv/app' });
  expect(filled?.values.protect.files?.include?.[0]).toBe('/srv/app/**');
  expect(await presetOf({})).toBeNull();
});

it.each([
  [{ for: 'oracle' }, '--for oracle must be one of postgresql, mariadb'],
  [{ for: 'docker-compose' }, '--for docker-compose needs --folder: where compose.yaml lies.'],
  [{ for: 'docker-compose', folder: 'app' }, '--folder app must be absolute'],
  [{ for: 'nginx', folder: '/srv/app' }, '--for nginx takes no --folder.'],
  [{ folder: '/srv/app' }, '--folder goes only with --for.'],
])('%j is wrong usage', async (given, fault) => {
  await expect(presetOf(given)).rejects.toThrow(fault);
});
