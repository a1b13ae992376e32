import type { z } from 'zod';
import type { Problem } from '../problems/problem.ts';
import { PAIR_SCHEMA, PRESETS } from './pair-schema.ts';
import { coversWhole, isWithin, mayMeet, mayReach } from './path-pattern.ts';
import { frozen, type Parsed, type ShapedText, shapeText } from './problems-of-text.ts';
import type { PairSettings, ServerSettings } from './settings.ts';

/** What of the server's own settings decides whether it can protect what the pair wants protected. */
export type ServerFolders = Pick<ServerSettings, 'base' | 'stateDirectory'> & {
  readonly queues: Pick<ServerSettings['queues'], 'directory'>;
};

type Values = z.output<typeof PAIR_SCHEMA>;

const HEARTBEATS_BEFORE_LOST = 3;

/**
 * Reads `pair.yaml`. Pure.
 * @param file - its path, for the messages.
 * @param server - where given, the patterns are also held against this server's own folders.
 * @returns frozen settings, with warnings CFG-003; or CFG-002 and CFG-004 with file, line, key and hint.
 */
export function parsePairSettings(text: string, file: string, server?: ServerFolders): Parsed<PairSettings> {
  const result = shapeText(PAIR_SCHEMA, text, { which: 'pair.yaml', file });
  if ('problems' in result) return { kind: 'problems', problems: result.problems };
  const { shaped } = result;
  const settings = complete(shaped.values);
  const problems = [
    ...channelProblems(shaped, settings.channel),
    ...(server === undefined ? [] : folderProblems(shaped, settings, server)),
  ];
  if (problems.length > 0) return { kind: 'problems', problems };
  return { kind: 'settings', settings: frozen(settings), warnings: excludeWarnings(shaped, settings) };
}

function complete(values: Values): PairSettings {
  const preset = PRESETS[values.preset];
  const { include, exclude } = values.protect.files;
  return {
    ...values,
    protect: { files: { include, exclude } },
    channel: {
      ...values.channel,
      heartbeatMs: values.channel.heartbeatMs ?? preset.heartbeatMs,
      lostAfterMs: values.channel.lostAfterMs ?? preset.lostAfterMs,
    },
  };
}

function channelProblems(shaped: ShapedText<Values>, channel: PairSettings['channel']): Problem[] {
  const found: Problem[] = [];
  const at = (key: string, other: string): string[] => ['channel', shaped.isGiven(['channel', key]) ? key : other];
  const lostAfterMsMin = HEARTBEATS_BEFORE_LOST * channel.heartbeatMs;
  if (channel.lostAfterMs < lostAfterMsMin) {
    found.push(
      shaped.problem(
        at('lostAfterMs', 'heartbeatMs'),
        `channel.lostAfterMs (${channel.lostAfterMs}) must be at least three times channel.heartbeatMs (${channel.heartbeatMs})`,
        `Set channel.lostAfterMs to ${lostAfterMsMin} or more.`,
      ),
    );
  }
  if (channel.reconnectDelayMsMin > channel.reconnectDelayMsMax) {
    found.push(
      shaped.problem(
        at('reconnectDelayMsMin', 'reconnectDelayMsMax'),
        `channel.reconnectDelayMsMin (${channel.reconnectDelayMsMin}) must not be above channel.reconnectDelayMsMax (${channel.reconnectDelayMsMax})`,
        `Set channel.reconnectDelayMsMax to ${channel.reconnectDelayMsMin} or more.`,
      ),
    );
  }
  return found;
}

/** An include that would protect Understudy's own folders would make it copy its own queues for ever. */
function folderProblems(shaped: ShapedText<Values>, settings: PairSettings, server: ServerFolders): Problem[] {
  const { include, exclude } = settings.protect.files;
  const own: readonly [string, string][] = [
    ['stateDirectory', server.stateDirectory],
    ['queues.directory', server.queues.directory],
  ];
  return include.flatMap((pattern, index) => {
    for (const [name, realPath] of own) {
      const path = protectedPath(realPath, server.base);
      if (path === null || !mayReach(pattern, path) || exclude.some((one) => coversWhole(one, path))) continue;
      return [
        shaped.problem(
          ['protect', 'files', 'include', index],
          `would protect ${name} (${realPath}), which is Understudy's own`,
          `Exclude ${path}/**, or set another ${name} in the server file.`,
        ),
      ];
    }
    return [];
  });
}

/** The protected path that leads to a real one; null where none does. */
function protectedPath(realPath: string, base: string): string | null {
  if (!isWithin(realPath, base)) return null;
  return base === '/' ? realPath : realPath.slice(base.length) || '/';
}

function excludeWarnings(shaped: ShapedText<Values>, settings: PairSettings): Problem[] {
  const { include, exclude } = settings.protect.files;
  return exclude.flatMap((pattern, index) =>
    include.some((one) => mayMeet(pattern, one))
      ? []
      : [shaped.warning(['protect', 'files', 'exclude', index], 'excludes nothing that is included')],
  );
}
