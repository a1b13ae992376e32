import { KIB, MIB } from '../kernel/units.ts';

/** Longest control message, encoded. A longer one ends the connection. */
export const CONTROL_BYTES_MAX = 256 * KIB;
/** Longest data frame: a full batch of records or answers with what stands around them. */
export const DATA_BYTES_MAX = MIB + 64 * KIB;

/** Names of the protocols inside TLS (ALPN, RFC 7301). The number rises when neighbours can't interoperate. */
export const CONTROL_PROTOCOL = 'understudy-control/1';
export const DATA_PROTOCOL = 'understudy-data/1';
export const PAIRING_PROTOCOL = 'understudy-pair/1';
