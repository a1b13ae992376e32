import { frozen, type Parsed, shapeText } from './problems-of-text.ts';
import { ownRegistryProblems } from './registry-problems.ts';
import { POLL_MS } from './registry-schema.ts';
import { SERVER_SCHEMA } from './server-schema.ts';
import type { ServerSettings } from './settings.ts';
import { parseYaml, type YamlText } from './yaml-text.ts';

/**
 * Reads `server.yaml`. Pure.
 * @param file - its path, for the messages.
 * @returns frozen settings, or CFG-002 and CFG-004 with file, line, key and hint.
 */
export function parseServerSettings(text: string, file: string): Parsed<ServerSettings> {
  return serverSettingsIn(parseYaml(text), file);
}

/** As {@link parseServerSettings}, of a text that is parsed already. Pure. */
export function serverSettingsIn(yaml: YamlText, file: string): Parsed<ServerSettings> {
  const result = shapeText(SERVER_SCHEMA, yaml, { which: 'server.yaml', file });
  if ('problems' in result) return { kind: 'problems', problems: result.problems };
  const { values } = result.shaped;
  const inState = values.stateDirectory === '/' ? '/queues' : `${values.stateDirectory}/queues`;
  const settings: ServerSettings = {
    ...values,
    queues: { ...values.queues, directory: values.queues.directory ?? inState },
    registry: values.registry.map((one) => ({
      ...one,
      path: one.path ?? null,
      pollMs: one.pollMs ?? POLL_MS[one.provider],
    })),
  };
  const misplaced = ownRegistryProblems(result.shaped);
  if (misplaced.length > 0) return { kind: 'problems', problems: misplaced };
  if (values.stateDirectory === '/') {
    const problem = result.shaped.problem(
      ['stateDirectory'],
      'must not be the root folder',
      'Name a folder of its own.',
    );
    return { kind: 'problems', problems: [problem] };
  }
  return { kind: 'settings', settings: frozen(settings), warnings: [] };
}
