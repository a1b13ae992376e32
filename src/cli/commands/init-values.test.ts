import { describe, expect, test } from 'vitest';
import type { Terminal } from '../../kernel/terminal.ts';
import { Flags } from '../command.ts';
import { initValues } from './init-values.ts';
import { checkFlags, folderFlag } from './setting-flags.ts';

const GIVEN = {
  pair: ['shop'],
  identity: ['primary'],
  listen: ['10.0.0.1'],
  peer: ['10.0.0.2'],
  include: ['/srv/shop/**'],
};

const flagsOf = (given: Readonly<Record<string, readonly string[]>>) => new Flags(new Map(Object.entries(given)));

/** Somebody who types these lines. */
function typing(lines: string[]): { readonly terminal: Terminal; readonly asked: string[]; readonly said: string[] } {
  const asked: string[] = [];
  const said: string[] = [];
  const terminal: Terminal = {
    outIsScreen: false,
    errorIsScreen: true,
    canAsk: true,
    colour: false,
    size: () => ({ columns: 80, rows: 24 }),
    out: () => undefined,
    error: (text) => void said.push(text),
    ask: async (question) => {
      asked.push(question);
      return lines.shift() ?? null;
    },
    onInterrupt: () => () => undefined,
  };
  return { terminal, asked, said };
}

describe('a flag whose value cannot be used', () => {
  test.each([
    ['listen', '127.0.0.1.4', 'must name an IP address or a host name'],
    ['peer', '10.0.0', 'must name an IP address or a host name'],
    ['include', 'srv/**', 'must be absolute: begin with /'],
    ['exclude', 'srv/x', 'must be absolute: begin with /'],
    ['identity', 'primry', 'must be primary or secondary'],
    ['pair', 'a b', 'must be a name of letters'],
    ['base', '', 'must be absolute'],
    ['api-listen', 'here', 'must be an address'],
  ])('is named, before anything is asked: --%s %s', async (flag, value, fault) => {
    const { terminal, asked } = typing([]);
    const flags = flagsOf({ ...GIVEN, [flag]: [value] });
    await expect(initValues(flags, terminal, '/home/me')).rejects.toThrow(`--${flag} ${value} ${fault}`);
    expect(asked).toEqual([]);
    expect(() => checkFlags(flags, 'join')).toThrow(`--${flag} ${value} ${fault}`);
  });
});

test('the other server is not this one', async () => {
  const { terminal } = typing([]);
  const flags = flagsOf({ ...GIVEN, peer: ['10.0.0.2', '10.0.0.1:57348'] });
  await expect(initValues(flags, terminal, '/home/me')).rejects.toThrow('--peer 10.0.0.1:57348 must be an address of');
});

test('a folder is meant from where the command was typed', async () => {
  const { terminal } = typing(['']);
  const flags = flagsOf({ ...GIVEN, 'state-directory': ['r/x'], base: ['../you/'] });
  const { server } = await initValues(flags, terminal, '/home/me');
  expect(server).toMatchObject({ stateDirectory: '/home/me/r/x', base: '/home/you' });
  expect(folderFlag(flags, 'state-directory', '/home/me')).toBe('/home/me/r/x');
});

test('a typing error is told and asked again; no flag is spoken of that nobody gave', async () => {
  const { terminal, asked, said } = typing(['', 'primry', 'secondary', '10.0.0.2.3', '10.0.0.2']);
  const { peer: _peer, pair: _pair, identity: _identity, ...rest } = GIVEN;
  const { server, pair } = await initValues(flagsOf({ ...rest, exclude: [] }), terminal, '/home/me');
  expect(pair.pair).toBe('pair');
  expect(server).toMatchObject({ identity: 'secondary', channel: { peers: ['10.0.0.2:57348'] } });
  expect(asked).toHaveLength(5);
  expect(said).toEqual([
    '"primry" must be primary or secondary.\n',
    '"10.0.0.2.3" must name an IP address or a host name.\n',
  ]);
});
