import { createHash, webcrypto, X509Certificate } from 'node:crypto';

/** A key pair's private half and the certificate that names the public one, both PEM. */
export interface CreatedCertificate {
  readonly key: string;
  readonly certificate: string;
  /** Lower-case hex SHA-256 of the certificate's DER form. */
  readonly fingerprint: string;
}

const LIFE_YEARS = 100;
/** Valid from long ago, so that a server whose clock is behind does not turn its peer away. */
const VALID_FROM = new Date('2000-01-01T00:00:00Z');
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * Makes a key (ECDSA, P-256) and a certificate signed by itself (RFC 5280). Trust comes from the
 * exchange at pairing, not from who signed.
 * @param name - the certificate's common name, for people.
 */
export async function createCertificate(
  name: string,
  life: { readonly notAfter?: Date } = {},
): Promise<CreatedCertificate> {
  // Loaded here because the library is large and needed once in a server's life.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const crypto = webcrypto as unknown as Crypto;
  x509.cryptoProvider.set(crypto);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const validTo = new Date();
  validTo.setUTCFullYear(validTo.getUTCFullYear() + LIFE_YEARS);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [name] }],
      notBefore: VALID_FROM,
      notAfter: life.notAfter ?? validTo,
      signingAlgorithm: ALGORITHM,
      keys: keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ],
    },
    crypto,
  );
  const exported = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const pem = `${certificate.toString('pem').trimEnd()}\n`;
  return {
    key: toPem('PRIVATE KEY', new Uint8Array(exported)),
    certificate: pem,
    fingerprint: fingerprintOf(pem),
  };
}

/**
 * Lower-case hex SHA-256 of a certificate's DER form.
 * @throws Error where the text is no certificate.
 */
export function fingerprintOf(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}

function toPem(label: string, content: Uint8Array): string {
  const lines =
    Buffer.from(content)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
