import { dirname, join, resolve } from 'node:path';
import { ApiClient, SOCKET_NAME } from '../api/client.ts';
import { FileError } from '../kernel/files.ts';
import { Problem } from '../problems/problem.ts';
import { parsePairSettings } from '../settings/pair-settings.ts';
import type { Parsed } from '../settings/problems-of-text.ts';
import { parseServerSettings } from '../settings/server-settings.ts';
import type { PairSettings, ServerSettings } from '../settings/settings.ts';
import type { Invocation } from './command.ts';
import { Failures } from '../problems/failures.ts';

const SETTINGS_BYTES_MAX = 1024 * 1024;

/** Where the pair's settings stand: beside the server file. */
export function pairFileBeside(configFile: string): string {
  return join(dirname(configFile), 'pair.yaml');
}

/** @throws Problem CFG-001 where it can't be read, Failures of CFG-002 and CFG-004 where it is faulty. */
export async function readServerSettings(invocation: Invocation): Promise<ServerSettings> {
  const file = invocation.configFile;
  return settingsOf(parseServerSettings(await readSettingsText(invocation, file), file));
}

/** As {@link readServerSettings}, for `pair.yaml`, held against this server's own folders. */
export async function readPairSettings(
  invocation: Invocation,
  server: ServerSettings,
): Promise<{ readonly settings: PairSettings; readonly warnings: readonly Problem[] }> {
  const file = pairFileBeside(invocation.configFile);
  const parsed = parsePairSettings(await readSettingsText(invocation, file), file, server);
  return { settings: settingsOf(parsed), warnings: parsed.kind === 'settings' ? parsed.warnings : [] };
}

/** The API of the daemon that runs with these settings. */
export async function daemonOf(invocation: Invocation): Promise<ApiClient> {
  const { stateDirectory } = await readServerSettings(invocation);
  return new ApiClient(invocation.doors.http, join(stateDirectory, SOCKET_NAME));
}

/** An operand that names a protected path: relative to where the command was typed, without a closing `/`. */
export function protectedPath(invocation: Invocation, path: string): string {
  return resolve(invocation.doors.workingDirectory, path);
}

function settingsOf<Values>(parsed: Parsed<Values>): Values {
  if (parsed.kind === 'problems') throw new Failures(parsed.problems);
  return parsed.settings;
}

async function readSettingsText(invocation: Invocation, file: string): Promise<string> {
  try {
    const text = await invocation.doors.files.read(file, { bytesMax: SETTINGS_BYTES_MAX });
    if (text !== null) return text;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Problem('CFG-001', { file, reason: error.code }, { cause: error });
  }
  throw new Problem('CFG-001', { file, reason: 'there is no such file' });
}
