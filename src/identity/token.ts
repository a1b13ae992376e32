import type { Secrets } from '../kernel/secrets.ts';
import type { WallMs } from '../kernel/units.ts';
import { assert } from '../kernel/assert.ts';
import { Problem } from '../problems/problem.ts';

/** What an invitation tells the server that is to join. */
export interface Token {
  readonly pairName: string;
  /** `host:port` where the inviting server listens; at least one. */
  readonly addresses: readonly string[];
  /** Lower-case hex SHA-256 of the inviting server's certificate. */
  readonly fingerprint: string;
  /** 128 random bits that prove the invitation. */
  readonly secret: Uint8Array;
  /** By the inviting server's wall clock. For people: that server decides by its monotonic clock. */
  readonly expiresAtMs: WallMs;
}

export const SECRET_BYTES = 16;
const FORMAT = 1;
const FINGERPRINT_BYTES = 32;
const EXPIRY_BYTES = 6;
const CHECKSUM_BYTES = 4;
const ADDRESSES_MAX = 16;
const TEXT_BYTES_MAX = 255;
const CHARACTERS_MAX = 8192;

/** The token as one word of base64url (RFC 4648 §5). */
export function encodeToken(token: Token, secrets: Secrets): string {
  assert(token.secret.length === SECRET_BYTES, 'a token holds 128 secret bits');
  assert(token.addresses.length > 0 && token.addresses.length <= ADDRESSES_MAX, 'a token holds 1 to 16 addresses');
  const expiry = Buffer.alloc(EXPIRY_BYTES);
  expiry.writeUIntBE(token.expiresAtMs, 0, EXPIRY_BYTES);
  const fixed = [Buffer.from([FORMAT]), token.secret, Buffer.from(token.fingerprint, 'hex'), expiry];
  const texts = [token.pairName, ...token.addresses].map(sized);
  const body = Buffer.concat([...fixed, Buffer.from([token.addresses.length]), ...texts]);
  return Buffer.concat([body, checksum(body, secrets)]).toString('base64url');
}

/**
 * Reads a token as somebody pasted it; blanks and line breaks in it do no harm. Whether it expired is
 * for the inviting server to say: the clocks of the two may differ.
 * @throws Problem IDN-002 where it is cut or altered.
 */
export function decodeToken(pasted: string, secrets: Secrets): Token {
  const word = pasted.replace(/\s+/g, '');
  if (word === '') throw unusable('it is empty');
  if (word.length > CHARACTERS_MAX) throw unusable('it is too long');
  if (!/^[A-Za-z0-9_-]+$/.test(word)) throw unusable('it holds characters that no token has');
  const bytes = Buffer.from(word, 'base64url');
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES));
  if (body.length > 0 && body[0] !== FORMAT) throw unusable('it is of another release, or not a token');
  // The last character has bits that no byte needs: altered in those alone it says the same (RFC 4648 §3.5).
  const isCanonical = bytes.toString('base64url') === word;
  if (!isCanonical || !secrets.equal(checksum(body, secrets), bytes.subarray(body.length))) {
    throw unusable('it was cut or altered when it was copied');
  }
  return readBody(body);
}

function readBody(body: Buffer): Token {
  let at = 1;
  const take = (length: number): Buffer => {
    if (at + length > body.length) throw unusable('it is cut');
    at += length;
    return body.subarray(at - length, at);
  };
  const takeText = (): string => take(take(1)[0] ?? 0).toString('utf8');
  const secret = take(SECRET_BYTES);
  const fingerprint = take(FINGERPRINT_BYTES).toString('hex');
  const expiresAtMs = take(EXPIRY_BYTES).readUIntBE(0, EXPIRY_BYTES) as WallMs;
  const count = take(1)[0] ?? 0;
  if (count === 0 || count > ADDRESSES_MAX) throw unusable('it holds no address');
  const pairName = takeText();
  const addresses = Array.from({ length: count }, takeText);
  if (at !== body.length) throw unusable('it holds more than a token does');
  return { pairName, addresses, fingerprint, secret: Uint8Array.from(secret), expiresAtMs };
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  assert(bytes.length <= TEXT_BYTES_MAX, `"${text}" fits a token`);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** Against slips of the hand, not against harm: that is what the proof is for. */
function checksum(body: Uint8Array, secrets: Secrets): Uint8Array {
  return secrets.sha256(body).subarray(0, CHECKSUM_BYTES);
}

function unusable(reason: string): Problem {
  return new Problem('IDN-002', { reason });
}
