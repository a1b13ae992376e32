import type { Role } from '../../api/status.ts';

/** What a server knows of its pair.yaml: the text's digest now, and where the two servers last agreed. */
export interface SettingsMark {
  readonly version: number;
  /** SHA-256 of the text, in hex. */
  readonly digest: string;
  /** Of the text both servers last had in common; 0 and empty before the first time. */
  readonly agreedVersion: number;
  readonly agreedDigest: string;
}

/** What is to be done about the pair settings once two servers have met. */
export type SettingsVerdict =
  /** Both hold the same text. */
  | { readonly kind: 'agreed' }
  /** This server is to send its text. */
  | { readonly kind: 'send' }
  /** The other server will send its text. */
  | { readonly kind: 'wait' }
  /** The text was edited on the passive server alone, where it counts for nothing. */
  | { readonly kind: 'editedOnPassive' }
  /** Both were edited. */
  | { readonly kind: 'conflict' };

/** Decides whose pair settings hold. Pure; both servers come to matching verdicts. */
export function judgeSettings(role: Role, own: SettingsMark, peer: SettingsMark): SettingsVerdict {
  if (own.digest === peer.digest) return { kind: 'agreed' };
  const ownEdited = own.digest !== own.agreedDigest;
  const peerEdited = peer.digest !== peer.agreedDigest;
  // Before the two ever agreed there is nothing to be in conflict with: the active server's text holds.
  const everAgreed = own.agreedDigest !== '' && peer.agreedDigest !== '';
  if (everAgreed && ownEdited && peerEdited) return { kind: 'conflict' };
  if (role === 'active') return !ownEdited && peerEdited && everAgreed ? { kind: 'editedOnPassive' } : { kind: 'send' };
  return ownEdited && !peerEdited && everAgreed ? { kind: 'editedOnPassive' } : { kind: 'wait' };
}

/** The mark of a text that was just read; the version rises when the text changed. */
export function markOf(before: SettingsMark, digest: string): SettingsMark {
  return digest === before.digest ? before : { ...before, version: before.version + 1, digest };
}
