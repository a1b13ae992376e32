import type { Position } from '../changes/change.ts';
import { isRecord } from './control-codec.ts';

/** Protocol versions a release speaks, both ends included. */
export interface ProtocolRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Versions of the channel's protocol that this release speaks. From 2 on both sides tell what they received of
 * the data, and frames may come compressed; from 3 on the stream has exactness records; from 4 on it tells of
 * registries; from 5 on how names that go are told; from 6 on attributes that could not be read may be left untold.
 */
export const PROTOCOL: ProtocolRange = { min: 1, max: 6 };

/** Which pair settings a server holds, and which ones both last agreed on. */
export interface SettingsFacts {
  readonly version: number;
  /** Hex digest of the text. */
  readonly digest: string;
  readonly agreedVersion: number;
  readonly agreedDigest: string;
}

/** What a server says about itself when a connection begins, and again whenever it changes. */
export interface OwnFacts {
  readonly protocol: ProtocolRange;
  readonly release: string;
  readonly pairId: string;
  readonly pairName: string;
  readonly serverId: string;
  /** Random at every start of the daemon. */
  readonly instance: string;
  readonly identity: 'primary' | 'secondary';
  readonly role: 'active' | 'passive';
  readonly epoch: number;
  readonly settings: SettingsFacts;
  readonly positions: {
    /** Up to here everything is durable in the receive queue. */
    readonly durable: Position;
    readonly applied: Position;
    /** Up to here changes were captured here. */
    readonly captured: Position;
  };
}

/** A server's facts as they cross the channel. */
export interface HandshakeFacts extends OwnFacts {
  /** Wall clock when they were sent. */
  readonly wallMs: number;
  /** Room for votes; empty until roles move by themselves. */
  readonly votes: readonly unknown[];
}

const TEXT_CHARACTERS_MAX = 256;
const VOTES_MAX = 8;

/** The range alone: readable whatever else a far newer or older peer says. */
export function readProtocol(value: unknown): ProtocolRange | null {
  if (!isRecord(value) || !isRecord(value['protocol'])) return null;
  const { min, max } = value['protocol'];
  return isCount(min) && isCount(max) && min <= max ? { min, max } : null;
}

/** Null where a field is missing, of the wrong kind or out of bounds. Unknown fields are left out: a newer peer may send them. */
export function readFacts(value: unknown): HandshakeFacts | null {
  const protocol = readProtocol(value);
  if (protocol === null || !isRecord(value)) return null;
  const { release, pairId, pairName, serverId, instance, identity, role, epoch, wallMs, votes } = value;
  const settings = readSettings(value['settings']);
  const positions = readPositions(value['positions']);
  if (settings === null || positions === null) return null;
  if (!isText(release) || !isText(pairId) || !isText(pairName) || !isText(serverId) || !isText(instance)) return null;
  if (identity !== 'primary' && identity !== 'secondary') return null;
  if (role !== 'active' && role !== 'passive') return null;
  if (!isCount(epoch) || typeof wallMs !== 'number' || !Number.isFinite(wallMs)) return null;
  if (!Array.isArray(votes) || votes.length > VOTES_MAX) return null;
  const names = { release, pairId, pairName, serverId, instance };
  return { protocol, ...names, identity, role, epoch, settings, positions, wallMs, votes: [] };
}

function readSettings(value: unknown): SettingsFacts | null {
  if (!isRecord(value)) return null;
  const { version, digest, agreedVersion, agreedDigest } = value;
  if (!isCount(version) || !isCount(agreedVersion) || !isText(digest) || !isText(agreedDigest)) return null;
  return { version, digest, agreedVersion, agreedDigest };
}

function readPositions(value: unknown): HandshakeFacts['positions'] | null {
  if (!isRecord(value)) return null;
  const durable = readPosition(value['durable']);
  const applied = readPosition(value['applied']);
  const captured = readPosition(value['captured']);
  return durable === null || applied === null || captured === null ? null : { durable, applied, captured };
}

function readPosition(value: unknown): Position | null {
  if (!isRecord(value)) return null;
  const { epoch, sequence } = value;
  return isCount(epoch) && isCount(sequence) ? { epoch, sequence } : null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= TEXT_CHARACTERS_MAX;
}
