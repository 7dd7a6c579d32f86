/** What of a configuration nobody may read over a shoulder: private keys and the keys of tags and of webhooks (R106). */
import type { Monitor } from '../monitor/monitor.ts';
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
    monitors: document.monitors.map(maskMonitor),
  };
}

export function maskMonitor(monitor: Monitor): Monitor {
  const channels = monitor.channels.map((each) => (each.kind === 'webhook' ? { ...each, secret: MASK } : each));
  return { ...monitor, channels };
}
