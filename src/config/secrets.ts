/** What of a configuration nobody may read over a shoulder: private keys and the keys of tags (R106). */
import type { ConfigurationDocument } from './document.ts';

/** Stands where a secret stood. No secret can be this: one who loads it would lose the real one. */
export const MASK = '********';

/** The document with every secret masked. */
export function maskSecrets(document: ConfigurationDocument): ConfigurationDocument {
  return {
    ...document,
    bounceVerification: {
      ...document.bounceVerification,
      keys: document.bounceVerification.keys.map((key) => ({ ...key, secret: MASK })),
    },
    dkim: document.dkim.map((key) => ({ ...key, privateKey: MASK })),
    certificates: document.certificates.map((each) => ({ ...each, key: MASK })),
  };
}

/** Whether a mask stands where a secret should. */
export function isMasked(document: ConfigurationDocument): boolean {
  return [
    ...document.bounceVerification.keys.map(({ secret }) => secret),
    ...document.dkim.map(({ privateKey }) => privateKey),
    ...document.certificates.map(({ key }) => key),
  ].includes(MASK);
}
