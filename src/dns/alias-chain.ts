/**
 * What one message says about a name and a type, CNAMEs followed inside it (RFC 1034 3.6.2, RFC 2308, RFC 6604). Pure.
 */
import type { DnsRecord, RecordType } from './answer.ts';
import type { DnsMessage } from './message.ts';
import { isWithin } from './name.ts';
import { recordsOf } from './record.ts';
import { RCODE } from './record-type.ts';

/** Links of a CNAME chain when the mail hosts of a domain are asked for (S-MX-1). */
export const MAX_ALIASES_OF_DOMAIN = 16;
/** Links of a CNAME chain for everything else (S-MX-1). */
export const MAX_ALIASES_OF_HOST = 10;

export function maxAliases(type: RecordType): number {
  return type === 'MX' ? MAX_ALIASES_OF_DOMAIN : MAX_ALIASES_OF_HOST;
}

export interface ChainState {
  /** The name as asked first, then each alias. */
  readonly names: readonly string[];
  /** Smallest TTL of the links so far, seconds; infinite where there was none. */
  readonly ttl: number;
}

export type ChainStep<T extends RecordType> =
  | { readonly kind: 'records'; readonly records: readonly DnsRecord<T>[] }
  /** `ttl` in seconds by the SOA (RFC 2308 section 5); null where none came, so that it may not be cached. */
  | { readonly kind: 'no-data'; readonly ttl: number | null }
  | { readonly kind: 'no-such-name'; readonly ttl: number | null }
  /** The chain leads to a name about which the message is silent: it is to be asked for. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'alias-loop' };

/** Follows the chain in `message` from the last of `before.names`; the message answers that name. */
export function followAliases<T extends RecordType>(
  message: DnsMessage,
  type: T,
  before: ChainState,
): { readonly step: ChainStep<T>; readonly state: ChainState } {
  const names = [...before.names];
  let ttl = before.ttl;
  const finish = (step: ChainStep<T>): { step: ChainStep<T>; state: ChainState } => ({ step, state: { names, ttl } });
  for (;;) {
    const name = names.at(-1) ?? '';
    const records = recordsOf(message.answers, name, type);
    if (records.length > 0) {
      ttl = Math.min(ttl, ...records.map((record) => record.ttl));
      return finish({ kind: 'records', records });
    }
    const link = recordsOf(message.answers, name, 'CNAME')[0];
    if (link === undefined || type === 'CNAME') break;
    if (names.includes(link.data) || names.length > maxAliases(type)) return finish({ kind: 'alias-loop' });
    ttl = Math.min(ttl, link.ttl);
    names.push(link.data);
  }
  const negativeTtl = ttlOfAbsence(message, names.at(-1) ?? '');
  // RFC 6604 section 3: the rcode speaks of the end of the chain.
  if (message.rcode === RCODE.nameError) return finish({ kind: 'no-such-name', ttl: negativeTtl });
  if (negativeTtl !== null) return finish({ kind: 'no-data', ttl: negativeTtl });
  if (names.length > before.names.length) return finish({ kind: 'unfinished' });
  return finish({ kind: 'no-data', ttl: null });
}

function ttlOfAbsence(message: DnsMessage, name: string): number | null {
  for (const record of message.authorities) {
    if (record.type === 'SOA' && isWithin(name, record.name)) return Math.min(record.ttl, record.data.minimum);
  }
  return null;
}
