/** The shapes of DNS answers in a capture. */
import {
  byField,
  byKind,
  exactly,
  list,
  maybe,
  octets,
  orNull,
  record,
  type Shape,
  text,
  truth,
  where,
  whole,
  word,
} from '../base/shape.ts';
import type { DnsAnswer, DnsFailure, DnsRecord, DnsSecurity, RecordType, ResolverFault } from '../dns/answer.ts';
import { MAX_TEXT, milliseconds, time } from './capture-limits.ts';

/** Records of one answer; a DNS message of the largest size holds fewer. */
export const MAX_RECORDS = 4096;
/** Links of a CNAME chain. */
export const MAX_ALIASES = 64;
/** Octets of one record. */
const MAX_DATA_OCTETS = 65_535;
/** Record types that are asked for; another one in a capture is a fault. */
export type AskedType = 'A' | 'AAAA' | 'CNAME' | 'NS' | 'PTR' | 'MX' | 'TXT' | 'TLSA' | 'CAA';

const line = text(MAX_TEXT);
const u8 = whole(0, 255);
const u16 = whole(0, 65_535);
const ttl = whole(0, 2 ** 32 - 1);

const behind = maybe(line);

export const dnsFailureShape: Shape<DnsFailure> = byKind<DnsFailure>({
  servfail: { behind },
  refused: { behind },
  'timed-out': { afterMs: milliseconds, behind },
  malformed: { detail: line, behind },
  bogus: { detail: line, behind },
  'alias-loop': { links: whole(0, 65_535), behind },
  unreachable: { code: line, behind },
  rcode: { rcode: line, behind },
  cancelled: { behind },
});

const DATA: { readonly [T in AskedType]: Shape<DnsRecord<T>['data']> } = {
  A: line,
  AAAA: line,
  CNAME: line,
  NS: line,
  PTR: line,
  MX: record<DnsRecord<'MX'>['data']>({ preference: u16, exchange: line }),
  TXT: list(octets(255), MAX_RECORDS),
  TLSA: record<DnsRecord<'TLSA'>['data']>({
    usage: u8,
    selector: u8,
    matchingType: u8,
    data: octets(MAX_DATA_OCTETS),
  }),
  CAA: record<DnsRecord<'CAA'>['data']>({ critical: truth, tag: line, value: line }),
};

const recordType = word<AskedType>({
  A: true,
  AAAA: true,
  CNAME: true,
  NS: true,
  PTR: true,
  MX: true,
  TXT: true,
  TLSA: true,
  CAA: true,
});

function recordShape<T extends AskedType>(type: T): Shape<DnsRecord> {
  return record<DnsRecord>({ name: line, type: exactly(type), ttl, data: DATA[type] });
}

const recordShapes: Readonly<Record<AskedType, Shape<DnsRecord>>> = {
  A: recordShape('A'),
  AAAA: recordShape('AAAA'),
  CNAME: recordShape('CNAME'),
  NS: recordShape('NS'),
  PTR: recordShape('PTR'),
  MX: recordShape('MX'),
  TXT: recordShape('TXT'),
  TLSA: recordShape('TLSA'),
  CAA: recordShape('CAA'),
};

const answered = {
  name: line,
  type: recordType satisfies Shape<RecordType>,
  security: word<DnsSecurity>({ secure: true, insecure: true, bogus: true, indeterminate: true }),
  securityFrom: orNull(line),
  resolver: line,
  ms: milliseconds,
  securityDetail: maybe(line),
  resolverFault: maybe(
    word<ResolverFault>({ 'signatures-stripped': true, 'denials-stripped': true, 'no-dnssec': true }),
  ),
  signedUntil: maybe(time),
  signedTtl: maybe(ttl),
};
const chain = { canonicalName: line, aliases: list(line, MAX_ALIASES) };

type Of<Kind extends DnsAnswer['kind']> = Extract<DnsAnswer, { readonly kind: Kind }>;

const ofRecords = record<Of<'records'>>({
  kind: exactly('records'),
  ...answered,
  ...chain,
  records: list(byField<DnsRecord>('type', recordShapes), MAX_RECORDS),
  ttl,
});

export const dnsAnswerShape: Shape<DnsAnswer> = byField<DnsAnswer>('kind', {
  records: where(
    ofRecords,
    ({ type, records }) => records.length > 0 && records.every((each) => each.type === type),
    'holds records of another type than was asked for, or none',
  ),
  'no-data': record<Of<'no-data'>>({ kind: exactly('no-data'), ...answered, ...chain }),
  'no-such-name': record<Of<'no-such-name'>>({ kind: exactly('no-such-name'), ...answered, ...chain }),
  failed: record<Of<'failed'>>({ kind: exactly('failed'), ...answered, failure: dnsFailureShape }),
});
