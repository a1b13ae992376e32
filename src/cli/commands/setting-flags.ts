import { resolve } from 'node:path';
import { addressFault } from '../../settings/address.ts';
import { pairNameFault } from '../../settings/pair-schema.ts';
import { refusalOf } from '../../settings/forbidden-folders.ts';
import { pathFault, patternFault } from '../../settings/path-pattern.ts';
import { unitFault } from '../../settings/protected-services.ts';
import { type Flags, UsageError } from '../command.ts';

const CHANNEL_PORT = 57348;

/** Flags of `init` and `join` that become settings, and why a value of theirs can't be one (null when it can). */
const FAULTS = {
  pair: pairNameFault,
  identity: (text: string) => (text === 'primary' || text === 'secondary' ? null : 'must be primary or secondary'),
  listen: (text: string) => addressFault(withPort(text)),
  peer: (text: string) => addressFault(withPort(text)),
  include: (text: string) => patternFault(text) ?? refusedInclude(text),
  exclude: patternFault,
  service: unitFault,
  base: pathFault,
  'state-directory': pathFault,
  'api-listen': addressFault,
} as const;

export type SettingFlag = keyof typeof FAULTS;

/** Where the value of a flag ends up in the settings files: the beginning of its key. */
const KEYS: readonly (readonly [string, SettingFlag])[] = [
  ['pair', 'pair'],
  ['identity', 'identity'],
  ['channel.listen', 'listen'],
  ['channel.peers', 'peer'],
  ['protect.files.include', 'include'],
  ['protect.files.exclude', 'exclude'],
  ['protect.services', 'service'],
  ['base', 'base'],
  ['stateDirectory', 'state-directory'],
  ['queues.directory', 'state-directory'],
  ['api.listen', 'api-listen'],
];

/** By the text alone: with a base of its own a trial may have such folders, too. */
function refusedInclude(text: string): string | null {
  const refusal = refusalOf(text, []);
  return refusal === null ? null : `${refusal.reason}: ${refusal.hint.replace(/\.$/, '')}`;
}

/** Why the text can't be a value of this flag, to follow after the text itself; null when it can. */
export function valueFault(flag: SettingFlag, text: string): string | null {
  return FAULTS[flag](text);
}

export function flagOfKey(key: string): SettingFlag | null {
  return KEYS.find(([start]) => key === start || key.startsWith(`${start}[`))?.[1] ?? null;
}

/** @throws UsageError that names the flag whose value can't be used. */
export function checkFlags(flags: Flags, command: string): void {
  for (const flag of Object.keys(FAULTS) as SettingFlag[]) {
    for (const text of flags.all(flag)) {
      const fault = valueFault(flag, isFolder(flag) && text !== '' ? resolve('/', text) : text);
      if (fault !== null) throw new UsageError(`--${flag} ${text} ${fault}.`, command);
    }
  }
}

/** A folder of this machine as typed: relative to where the command was typed. Null where the flag was not given. */
export function folderFlag(flags: Flags, flag: 'base' | 'state-directory', workingDirectory: string): string | null {
  const text = flags.text(flag);
  return text === null ? null : resolve(workingDirectory, text);
}

/** An address as typed, with the channel's usual port where none stands. */
export function withPort(address: string): string {
  const hasPort = address.startsWith('[') ? /\]:\d+$/.test(address) : /:\d+$/.test(address);
  const isBareIpv6 = !address.startsWith('[') && address.split(':').length > 2;
  if (isBareIpv6) return `[${address}]:${CHANNEL_PORT}`;
  return hasPort ? address : `${address}:${CHANNEL_PORT}`;
}

function isFolder(flag: SettingFlag): boolean {
  return flag === 'base' || flag === 'state-directory';
}
