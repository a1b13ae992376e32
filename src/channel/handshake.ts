import type { ProblemData } from '../problems/problem.ts';
import { Problem, toData } from '../problems/problem.ts';
import type { HandshakeFacts, OwnFacts, ProtocolRange } from './hello.ts';

/** What is known besides the facts of the two. */
export interface JudgeContext {
  /** This server's wall clock when the peer's facts came. */
  readonly wallMs: number;
  readonly timeDifferenceMaxMs: number;
  /** Where the peer was met. */
  readonly address: string;
  readonly stateDirectory: string;
  /** True where the peer showed this server's own certificate. */
  readonly hasOwnCertificate: boolean;
}

/** Whether two servers may work together; every "no" carries its reason. */
export type Verdict =
  | { readonly accepted: true; readonly version: number; readonly warnings: readonly ProblemData[] }
  | { readonly accepted: false; readonly problem: ProblemData };

/**
 * Decides from the facts of both; each side decides for itself and comes to the same verdict.
 * Judged in this order: protocol, pair, server id, identity, roles, settings.
 */
export function judge(own: OwnFacts, peer: HandshakeFacts, context: JudgeContext): Verdict {
  const version = commonVersion(own.protocol, peer.protocol);
  if (version === null) return { accepted: false, problem: noCommonProtocol(own.protocol, peer.protocol) };
  const problem = refusal(own, peer, context);
  if (problem !== null) return { accepted: false, problem: toData(problem) };
  return { accepted: true, version, warnings: warningsAbout(own, peer, context) };
}

/** The highest version both speak; null where there is none. */
export function commonVersion(own: ProtocolRange, peer: ProtocolRange): number | null {
  const version = Math.min(own.max, peer.max);
  return version >= Math.max(own.min, peer.min) ? version : null;
}

export function noCommonProtocol(own: ProtocolRange, peer: ProtocolRange): ProblemData {
  return toData(new Problem('CHN-009', { ownRange: rangeText(own), peerRange: rangeText(peer) }));
}

/** Null where the clocks are close enough. `differenceMs` is the peer's clock minus this one. */
export function clockWarning(differenceMs: number, maxMs: number): ProblemData | null {
  const distance = Math.round(Math.abs(differenceMs));
  return distance > maxMs ? toData(new Problem('CHN-011', { differenceMs: distance, maxMs })) : null;
}

function refusal(own: OwnFacts, peer: HandshakeFacts, context: JudgeContext): Problem | null {
  const { address, stateDirectory } = context;
  if (own.pairId !== peer.pairId) {
    return new Problem('CHN-005', { address, peerPair: pairText(peer), ownPair: pairText(own) });
  }
  if (own.instance === peer.instance) return new Problem('CHN-014', { address });
  if (own.serverId === peer.serverId || context.hasOwnCertificate) {
    return new Problem('CHN-007', { serverId: own.serverId, stateDirectory });
  }
  if (own.identity === peer.identity) return new Problem('CHN-006', { identity: own.identity });
  if (own.role === 'active' && peer.role === 'active') return new Problem('CHN-008', {});
  return settingsConflict(own, peer);
}

function settingsConflict(own: OwnFacts, peer: HandshakeFacts): Problem | null {
  // By the texts, not the versions: an edit that was taken back is none. Before the two ever agreed there
  // is nothing to be in conflict with.
  const hasChanged = ({ settings }: OwnFacts): boolean =>
    settings.agreedDigest !== '' && settings.digest !== settings.agreedDigest;
  if (!hasChanged(own) || !hasChanged(peer) || own.settings.digest === peer.settings.digest) return null;
  const difference = `version ${own.settings.version} here and version ${peer.settings.version} there, both made from version ${own.settings.agreedVersion}`;
  return new Problem('CHN-010', { difference });
}

function warningsAbout(own: OwnFacts, peer: HandshakeFacts, context: JudgeContext): readonly ProblemData[] {
  const warnings: ProblemData[] = [];
  const clock = clockWarning(peer.wallMs - context.wallMs, context.timeDifferenceMaxMs);
  if (clock !== null) warnings.push(clock);
  if (own.role === 'passive' && peer.role === 'passive') warnings.push(toData(new Problem('CHN-012', {})));
  return warnings;
}

function rangeText(range: ProtocolRange): string {
  return range.min === range.max ? `${range.min}` : `${range.min} to ${range.max}`;
}

/** The name, with the start of the id: two pairs may share a name. */
function pairText(facts: OwnFacts): string {
  return `${facts.pairName} (${facts.pairId.slice(0, 8)})`;
}
