import { join } from 'node:path';
import type { AnswerOf, EventRecord } from '../../api/requests.ts';
import type { Status } from '../../api/status.ts';
import { withoutSecrets } from '../../diagnosis/without-secrets.ts';
import { FileError } from '../../kernel/files.ts';
import { isProblem } from '../../problems/problem.ts';
import { parseServerSettings } from '../../settings/server-settings.ts';
import { durableFiles } from '../../system/files/durable-files.ts';
import { machineFacts, mountTable } from '../../system/machine/machine-facts.ts';
import { packageVersion } from '../../system/machine/package-facts.ts';
import { pairFileOf } from '../channel/pairing-offer.ts';
import { readSettingsFile } from '../start-files.ts';

/** What is collected of one server. */
export type Bundle = AnswerOf<'collect'>['servers'][number];

/** All of them together have to fit into one message of the channel. */
const FILE_CHARACTERS_MAX = 24_000;
export const EVENTS_COLLECTED = 500;

/** What a server can tell of itself; `running`: while its daemon does. Keys are in none of it. */
export function collectHere(
  configFile: string,
  running: { readonly status: Status; readonly events: readonly EventRecord[] } | null,
): Bundle {
  const settings = readSettingsFile(configFile);
  const parsed = parseServerSettings(settings, configFile);
  const known = parsed.kind === 'settings' ? parsed.settings : null;
  const files: Record<string, string> = {
    'versions.txt': `understudy: ${packageVersion()}\n${machineFacts()}`,
    'server.yaml': settings,
    'pair.yaml': textOf(pairFileOf(configFile)),
    'mounts.txt': mountTable(),
  };
  if (known !== null) files['pair-settings.json'] = textOf(join(known.stateDirectory, 'pair-settings.json'));
  if (running !== null) {
    const { findings, ...status } = running.status;
    files['status.json'] = JSON.stringify(status, null, 1);
    files['findings.json'] = JSON.stringify(findings, null, 1);
    // The newest ones, where not all find room.
    files['events.txt'] = running.events
      .map((event) => JSON.stringify(event))
      .join('\n')
      .slice(-FILE_CHARACTERS_MAX);
  }
  const shown = Object.entries(files).map(([name, text]) => ({
    name,
    text: withoutSecrets(text).slice(0, FILE_CHARACTERS_MAX),
  }));
  return { server: known?.identity ?? 'primary', files: shown };
}

/** Both servers, or this one alone where the other can't be asked; it is said so in its place. */
export async function collectBoth(own: Promise<Bundle>, peer: () => Promise<unknown>): Promise<AnswerOf<'collect'>> {
  const bundle = await own;
  try {
    return { servers: [bundle, (await peer()) as Bundle] };
  } catch (error) {
    if (!isProblem(error)) throw error;
    const server = bundle.server === 'primary' ? 'secondary' : 'primary';
    return { servers: [bundle, { server, files: [{ name: 'not-collected.txt', text: `${error.message}\n` }] }] };
  }
}

function textOf(file: string): string {
  try {
    return durableFiles.read(file) ?? '(there is no such file)';
  } catch (error) {
    if (error instanceof FileError) return `(${error.message})`;
    throw error;
  }
}
