import type { Identity, Role } from '../../api/status.ts';
import type { HookRule } from '../../services/hook.ts';
import { Hooks, type HooksOptions } from '../../services/hooks.ts';
import type { PairSettings } from '../../settings/settings.ts';
import type { EventHistory } from '../status/event-history.ts';
import type { FindingBoard } from '../status/finding-board.ts';

/** The hooks of the settings, for this server. */
export function hooksOf(
  options: Pick<HooksOptions, 'programs' | 'clock' | 'timers' | 'isPaused'> & {
    readonly identity: Identity;
    readonly role: Role;
    readonly facts: { readonly epoch: number };
    readonly pairFile: { readonly settings: PairSettings };
    readonly findings: FindingBoard;
    readonly history: EventHistory;
  },
): Hooks {
  const { identity, facts, pairFile, findings, history } = options;
  return new Hooks({
    ...options,
    rules: () => pairFile.settings.hooks.map(ruleOf),
    environment: () => ({
      UNDERSTUDY_PAIR: pairFile.settings.pair,
      UNDERSTUDY_IDENTITY: identity,
      UNDERSTUDY_EPOCH: String(facts.epoch),
    }),
    findings: {
      raise: (problem, about) => findings.raise(problem, about),
      clear: (code, item) => findings.clear(code, item),
      clearAll: (code, but) => findings.clearAll(code, but),
    },
    tell: (event) => history.own(event),
  });
}

function ruleOf({ service, everyMs, user, ...hook }: PairSettings['hooks'][number]): HookRule {
  return { ...hook, service: service ?? null, everyMs: everyMs ?? null, user: user ?? null };
}
