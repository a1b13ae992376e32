/** Format of the identity file that this release writes. */
export const IDENTITY_FORMAT = 1;

export type Identity = 'primary' | 'secondary';
export type Role = 'active' | 'passive';

/** The other server of the pair, as fixed at pairing. */
export interface PairedServer {
  readonly serverId: string;
  /** PEM. */
  readonly certificate: string;
  /** Lower-case hex SHA-256 of the certificate's DER form. */
  readonly fingerprint: string;
  /** `host:port` where it said to be reached at pairing; the settings decide where it is dialed. */
  readonly addresses: readonly string[];
}

/** Which pair settings this server holds, and which ones both servers last agreed on. */
export interface SettingsVersions {
  readonly version: number;
  /** Hex SHA-256 of the text; empty for none. */
  readonly digest: string;
  readonly agreedVersion: number;
  readonly agreedDigest: string;
}

/** What a server must remember for good. */
export interface IdentityFacts {
  readonly format: typeof IDENTITY_FORMAT;
  /** Random, fixed for the server's life. */
  readonly serverId: string;
  readonly identity: Identity;
  /** Private key and certificate, PEM. */
  readonly key: string;
  readonly certificate: string;
  readonly fingerprint: string;
  /** Null until paired. */
  readonly pairId: string | null;
  readonly pairName: string;
  readonly peer: PairedServer | null;
  /** Highest epoch ever seen; never goes back within a pair. */
  readonly epoch: number;
  /** Null before the very first start. */
  readonly lastRole: Role | null;
  readonly settings: SettingsVersions;
  /** Server that was last known active; null before there was one. */
  readonly activeServerId: string | null;
}

/** The facts of a server that was just set up. */
export function newIdentity(own: {
  readonly serverId: string;
  readonly identity: Identity;
  readonly pairName: string;
  readonly key: string;
  readonly certificate: string;
  readonly fingerprint: string;
}): IdentityFacts {
  const settings = { version: 0, digest: '', agreedVersion: 0, agreedDigest: '' };
  const blank = { pairId: null, peer: null, epoch: 0, lastRole: null, activeServerId: null };
  return { format: IDENTITY_FORMAT, ...own, ...blank, settings };
}
