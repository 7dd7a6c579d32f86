/**
 * Destination Controls as a JSON schema: the fields of specification 2.a.1 with their ranges (R64) and those of ours that
 * honour what a domain publishes. An entry may say `default` in every field; the default entry may not.
 */
import Type, { type TSchema } from 'typebox';
import { DEFAULT_DESTINATION, IP_PREFERENCES } from '../policy/destination.ts';
import { TLS_MODES } from '../policy/mode.ts';

export const MAX_CONCURRENCY = 1_000;
export const MAX_MESSAGES_PER_CONNECTION = 1_000;
export const MAX_RECIPIENT_LIMIT = 1_000_000_000;
export const MAX_RECIPIENT_MINUTES = 60;
/** Entries of the table, the default one aside. */
export const MAX_DESTINATIONS = 40_000;
/** What a destination may ask for at least; SSL was never good enough to be asked for. */
export const MIN_TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** The longest name of a profile, gateway or certificate. */
export const MAX_NAME_LENGTH = 64;
/** Names that people give to things and other sections refer to: nothing in them acts in a table, a file or a shell. */
export const NAME_PATTERN = '^[A-Za-z0-9]([A-Za-z0-9 ._@+-]*[A-Za-z0-9._@+-])?$';
/** Room for the longest domain with a dot before it, or an address in brackets. */
export const MAX_DESTINATION_LENGTH = 1_024;

export function name(description: string): Type.TString {
  return Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH, pattern: NAME_PATTERN, description });
}

export function whole(least: number, most: number, description: string): Type.TInteger {
  return Type.Integer({ minimum: least, maximum: most, description });
}

/** The same schema with what holds where the field is left out. */
export function byDefault<Schema extends TSchema>(schema: Schema, value: unknown): Schema {
  return annotated(schema, { default: value });
}

/** A copy with other annotations; TypeBox keeps a schema's kind in fields that spreading would lose. */
function annotated<Schema extends TSchema>(schema: Schema, annotations: Readonly<Record<string, unknown>>): Schema {
  const added = Object.entries(annotations).map(([key, value]) => [key, { value, enumerable: true }] as const);
  return Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(schema), ...Object.fromEntries(added) },
  ) as Schema;
}

const FIELDS = {
  ipPreference: Type.Enum([...IP_PREFERENCES], { description: 'Which address family comes first, or alone.' }),
  maxConcurrency: whole(1, MAX_CONCURRENCY, 'Connections at one time.'),
  maxMessagesPerConnection: whole(1, MAX_MESSAGES_PER_CONNECTION, 'Messages over one connection.'),
  recipientLimit: whole(0, MAX_RECIPIENT_LIMIT, 'Recipients in `recipientMinutes`; 0 is no limit.'),
  recipientMinutes: whole(1, MAX_RECIPIENT_MINUTES, 'The time in which recipients are counted, in minutes.'),
  limitType: Type.Enum(['domain', 'mx-ip'], {
    description: 'Limits count for the entire domain, or for each address of its MX hosts.',
  }),
  limitApply: Type.Enum(['system', 'virtual-gateway'], {
    description: 'Limits count for the whole system, or for each virtual gateway.',
  }),
  tls: Type.Enum([...TLS_MODES], { description: 'The TLS mode.' }),
  dane: Type.Enum(['off', 'opportunistic', 'mandatory'], { description: 'How far TLSA records bind (RFC 7672).' }),
  mtaSts: Type.Enum(['off', 'on'], { description: 'Whether MTA-STS policies bind (RFC 8461).' }),
  minTlsVersion: Type.Enum([...MIN_TLS_VERSIONS], { description: 'The oldest TLS version that counts as TLS.' }),
  strictCn: Type.Boolean({ description: 'Verify compares the CN exactly: a wildcard in it does not count.' }),
  bounceVerification: Type.Boolean({ description: 'Envelope senders are tagged (prvs).' }),
  bounceProfile: name('Name of a bounce profile.'),
};

/** One field of an entry: the value, or `default`. */
function orDefault<Schema extends TSchema>(schema: Schema) {
  return Type.Union([Type.Literal('default'), schema], {
    default: 'default',
    description: '`default`: as the default entry.',
  });
}

const { bounceProfile: profile, ...own } = FIELDS;

export const DestinationControlsSchema = Type.Object(
  {
    ipPreference: byDefault(own.ipPreference, DEFAULT_DESTINATION.ipPreference),
    maxConcurrency: byDefault(own.maxConcurrency, DEFAULT_DESTINATION.maxConcurrency),
    maxMessagesPerConnection: byDefault(own.maxMessagesPerConnection, DEFAULT_DESTINATION.maxMessagesPerConnection),
    recipientLimit: byDefault(own.recipientLimit, DEFAULT_DESTINATION.recipientLimit),
    recipientMinutes: byDefault(own.recipientMinutes, DEFAULT_DESTINATION.recipientMinutes),
    limitType: byDefault(own.limitType, DEFAULT_DESTINATION.limitType),
    limitApply: byDefault(own.limitApply, DEFAULT_DESTINATION.limitApply),
    tls: byDefault(own.tls, DEFAULT_DESTINATION.tls),
    dane: byDefault(own.dane, DEFAULT_DESTINATION.dane),
    mtaSts: byDefault(own.mtaSts, DEFAULT_DESTINATION.mtaSts),
    minTlsVersion: byDefault(own.minTlsVersion, DEFAULT_DESTINATION.minTlsVersion),
    strictCn: byDefault(own.strictCn, DEFAULT_DESTINATION.strictCn),
    bounceVerification: byDefault(own.bounceVerification, DEFAULT_DESTINATION.bounceVerification),
    bounceProfile: byDefault(profile, DEFAULT_DESTINATION.bounceProfile),
  },
  { additionalProperties: false, description: 'The default entry: what holds where an entry says `default`.' },
);

export const DestinationEntrySchema = Type.Object(
  {
    domain: Type.String({
      minLength: 1,
      maxLength: MAX_DESTINATION_LENGTH,
      description: '`example.com`, `.example.com` for every name below it, or an address as `[192.0.2.1]`.',
    }),
    ipPreference: orDefault(own.ipPreference),
    maxConcurrency: orDefault(own.maxConcurrency),
    maxMessagesPerConnection: orDefault(own.maxMessagesPerConnection),
    recipientLimit: orDefault(own.recipientLimit),
    recipientMinutes: orDefault(own.recipientMinutes),
    limitType: orDefault(own.limitType),
    limitApply: orDefault(own.limitApply),
    tls: orDefault(own.tls),
    dane: orDefault(own.dane),
    mtaSts: orDefault(own.mtaSts),
    minTlsVersion: orDefault(own.minTlsVersion),
    strictCn: orDefault(own.strictCn),
    bounceVerification: orDefault(own.bounceVerification),
    bounceProfile: orDefault(profile),
  },
  { additionalProperties: false, description: 'One row of the table of destinations.' },
);

export const DestinationTableSchema = Type.Object(
  {
    default: byDefault(DestinationControlsSchema, {}),
    entries: Type.Array(DestinationEntrySchema, { default: [], maxItems: MAX_DESTINATIONS }),
  },
  { additionalProperties: false, description: 'Destination Controls.' },
);
