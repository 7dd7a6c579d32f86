/** What of a configuration nobody may read over a shoulder: private keys and the keys of tags (R106). */
import type { ConfigurationDocument } from './document.ts';

/** Stands where a secret stood. No document is accepted with it: whoever wrote it back would lose the real one. */
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
