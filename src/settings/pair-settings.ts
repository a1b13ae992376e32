import type { z } from 'zod';
import type { Problem } from '../problems/problem.ts';
import { PAIR_SCHEMA, PRESETS } from './pair-schema.ts';
import { POLL_MS } from './registry-schema.ts';
import { registryProblems } from './registry-problems.ts';
import { refusalOf, type ServerFolders } from './forbidden-folders.ts';
import { healthProblems } from './health-problems.ts';
import { hookProblems } from './hook-problems.ts';
import { mayMeet } from './path-pattern.ts';
import { frozen, type Parsed, type ShapedText, shapeText } from './problems-of-text.ts';
import { serviceOf, serviceProblems } from './protected-services.ts';
import type { PairSettings } from './settings.ts';
import { parseYaml } from './yaml-text.ts';

type Values = z.output<typeof PAIR_SCHEMA>;

const HEARTBEATS_BEFORE_LOST = 3;
const PATTERN_BYTES_MAX = 256 * 1024;

/**
 * Reads `pair.yaml`. Pure.
 * @param file - its path, for the messages.
 * @param server - where given, the patterns are also held against this server's own folders.
 * @returns frozen settings, with warnings CFG-003 and includes that are refused (CFG-006); or CFG-002 and CFG-004 with file, line, key and hint.
 */
export function parsePairSettings(text: string, file: string, server?: ServerFolders): Parsed<PairSettings> {
  const result = shapeText(PAIR_SCHEMA, parseYaml(text), { which: 'pair.yaml', file });
  if ('problems' in result) return { kind: 'problems', problems: result.problems };
  const { shaped } = result;
  const refused = refusedIncludes(shaped, shaped.values.protect.files, server);
  const settings = complete(shaped.values, refused);
  const problems = [
    ...patternProblems(shaped),
    ...registryProblems(shaped),
    ...serviceProblems(shaped, shaped.values.protect.services),
    ...healthProblems(shaped),
    ...hookProblems(shaped),
    ...channelProblems(shaped, settings.channel),
  ];
  if (problems.length > 0) return { kind: 'problems', problems };
  const warnings = [...refused.map(({ problem }) => problem), ...excludeWarnings(shaped, settings)];
  return { kind: 'settings', settings: frozen(settings), warnings };
}

function complete(values: Values, refused: readonly { pattern: string; reason: string }[]): PairSettings {
  const preset = PRESETS[values.preset];
  const { include, exclude } = values.protect.files;
  const isRefused = new Set(refused.map(({ pattern }) => pattern));
  return {
    ...values,
    protect: {
      files: {
        include: include.filter((pattern) => !isRefused.has(pattern)),
        exclude,
        refused: refused.map(({ pattern, reason }) => ({ pattern, reason })),
      },
      registry: values.protect.registry.map((one) => ({
        ...one,
        name: one.name ?? one.provider,
        path: one.path ?? null,
        pollMs: one.pollMs ?? POLL_MS[one.provider],
      })),
      services: values.protect.services.map(serviceOf),
      programs: values.protect.programs,
    },
    channel: {
      ...values.channel,
      heartbeatMs: values.channel.heartbeatMs ?? preset.heartbeatMs,
      lostAfterMs: values.channel.lostAfterMs ?? preset.lostAfterMs,
    },
  };
}

/** All patterns together are one record of the stream. */
function patternProblems(shaped: ShapedText<Values>): Problem[] {
  const { include, exclude } = shaped.values.protect.files;
  const bytes = [...include, ...exclude].reduce((sum, pattern) => sum + Buffer.byteLength(pattern), 0);
  if (bytes <= PATTERN_BYTES_MAX) return [];
  const key = include.length > 0 ? 'include' : 'exclude';
  return [
    shaped.problem(
      ['protect', 'files', key],
      `the patterns of include and exclude take ${String(bytes)} bytes together, more than ${String(PATTERN_BYTES_MAX)}`,
      'Use fewer patterns that name more: `*` within a folder, `**` for any number of folders.',
    ),
  ];
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

/** Each that can't be protected is told, and the others are protected all the same. */
function refusedIncludes(
  shaped: ShapedText<Values>,
  { include, exclude }: Values['protect']['files'],
  server?: ServerFolders,
): { pattern: string; reason: string; problem: Problem }[] {
  return include.flatMap((pattern, index) => {
    const refusal = refusalOf(pattern, exclude, server);
    if (refusal === null) return [];
    const problem = shaped.refusal(['protect', 'files', 'include', index], refusal.reason, refusal.hint);
    return [{ pattern, reason: refusal.reason, problem }];
  });
}

function excludeWarnings(shaped: ShapedText<Values>, settings: PairSettings): Problem[] {
  const { include, exclude } = settings.protect.files;
  return exclude.flatMap((pattern, index) =>
    include.some((one) => mayMeet(pattern, one))
      ? []
      : [shaped.warning(['protect', 'files', 'exclude', index], 'excludes nothing that is included')],
  );
}
