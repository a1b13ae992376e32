import { formatAddress } from '../../kernel/sockets.ts';
import { isProblem } from '../../problems/problem.ts';
import { Failures } from '../../problems/failures.ts';
import { scalarText } from '../../settings/scalar-text.ts';
import type { Invocation } from '../command.ts';
import { readPairSettings, readServerSettings } from '../configuration.ts';
import type { SettingsFile } from '../../settings/explanation.ts';

/** What the settings files of this server come to, as text by key; null where a file is not there or can't be used. */
export type SettingsGiven = (file: SettingsFile, key: string) => string | null;

/** Reads both files. A faulty one is not told here: `settings check` says what is wrong with it. */
export async function settingsGiven(invocation: Invocation): Promise<SettingsGiven> {
  const server = await orNull(() => readServerSettings(invocation));
  const pair = server === null ? null : await orNull(() => readPairSettings(invocation, server));
  return (file, key) => {
    const settings = file === 'server.yaml' ? server : (pair?.settings ?? null);
    if (settings === null) return null;
    const value = key.split('.').reduce<unknown>((at, part) => (isGroup(at) ? at[part] : undefined), settings);
    return value === undefined ? null : textOf(value);
  };
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    const isOfGroups = value.some((one) => isGroup(one) && !isAddress(one));
    return isOfGroups ? `${String(value.length)} given` : `[${value.map(textOf).join(', ')}]`;
  }
  if (isAddress(value)) return formatAddress(value);
  return scalarText(value);
}

function isAddress(value: unknown): value is { host: string; port: number } {
  return isGroup(value) && typeof value['host'] === 'string' && typeof value['port'] === 'number';
}

async function orNull<Value>(read: () => Promise<Value>): Promise<Value | null> {
  try {
    return await read();
  } catch (error) {
    if (isProblem(error) || error instanceof Failures) return null;
    throw error;
  }
}
