/**
 * Whether a delivered message travelled encrypted, read from the mail log and nothing else (R120): a message without a
 * "TLS success" line on its DCID was not delivered over TLS.
 */

/** `partly`: some of its recipients were reached over TLS and others were not. */
export type MessageTls = 'tls' | 'clear' | 'partly';

const STAMP = String.raw`^\w{3} \w{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4} Info: `;
const SUCCESS = new RegExp(`${STAMP}DCID (\\d+) TLS success protocol `);
const DELIVERED = new RegExp(
  `${STAMP}(?:Message done|Possible delivery:) DCID (\\d+) MID (\\d+) to RID \\[[\\d, ]*\\]`,
);

/** Each MID of which something was delivered. */
export function tlsByMessage(log: string): ReadonlyMap<number, MessageTls> {
  const encrypted = new Set<string>();
  const seen = new Map<number, MessageTls>();
  for (const line of log.split('\n')) {
    const success = SUCCESS.exec(line);
    if (success?.[1] !== undefined) encrypted.add(success[1]);
    const delivered = DELIVERED.exec(line);
    if (delivered === null || line.endsWith('to be sent again')) continue;
    const mid = Number(delivered[2]);
    const how = encrypted.has(delivered[1] ?? '') ? 'tls' : 'clear';
    const before = seen.get(mid) ?? how;
    seen.set(mid, before === how ? how : 'partly');
  }
  return seen;
}
