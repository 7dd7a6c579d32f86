/**
 * What an operator sets for delivery beside the destinations, as JSON schemas: bounce profiles (R107), SMTP routes
 * (R113), interfaces and limits of the system, keys for bounce verification (R112) and for DKIM.
 */
import Type from 'typebox';
import { DEFAULT_BOUNCE_SETTINGS, DEFAULT_DELIVERY_SETTINGS } from '../delivery/settings.ts';
import { byDefault, MAX_DESTINATION_LENGTH, name, whole } from './destination-schema.ts';

/** Specification 2.i; a route for ALL counts. */
export const MAX_ROUTES = 40_000;
/** Targets of one route. */
export const MAX_ROUTE_TARGETS = 100;
export const MAX_PRIORITY = 65_535;
const MAX_BOUNCE_PROFILES = 1_000;
const MAX_GATEWAYS = 256;
const MAX_KEYS = 100;
const MAX_DKIM_KEYS = 1_000;
/** A month: longer nobody waits for a bounce. */
const MAX_WAIT_SECONDS = 2_678_400;
const MAX_CONNECTIONS = 100_000;
/** RFC 5321 4.5.3.2 asks for ten minutes at most; an hour is room enough. */
const MAX_TIMEOUT_SECONDS = 3_600;
const MAX_HAND_OVER_SECONDS = 86_400;
/** Characters of a PEM file with a key or a certificate and its intermediates. */
export const MAX_PEM_LENGTH = 200_000;

const preset = DEFAULT_BOUNCE_SETTINGS;

export const BounceProfileSchema = Type.Object(
  {
    name: name('What destinations call it. `Default` is always there.'),
    maxRetries: byDefault(whole(0, 10_000, 'Tries after the first.'), preset.maxRetries),
    maxQueueSeconds: byDefault(whole(0, MAX_WAIT_SECONDS, 'Longest time in the queue.'), preset.maxQueueSeconds),
    initialRetrySeconds: byDefault(whole(1, 86_400, 'Wait before the second try.'), preset.initialRetrySeconds),
    maxRetrySeconds: byDefault(whole(1, 86_400, 'Longest wait between tries.'), preset.maxRetrySeconds),
    sendHardBounces: byDefault(
      Type.Boolean({ description: 'Senders are told of final failures.' }),
      preset.sendHardBounces,
    ),
    delayWarnings: byDefault(Type.Boolean({ description: 'Senders are told of delays.' }), preset.delayWarnings),
    delayWarningSeconds: byDefault(
      whole(1, MAX_WAIT_SECONDS, 'Shortest time between two warnings.'),
      preset.delayWarningSeconds,
    ),
    maxDelayWarnings: byDefault(whole(1, 100, 'Warnings for one message.'), preset.maxDelayWarnings),
    maxBounceCopy: byDefault(
      whole(0, 10_485_760, 'Octets up to which a message goes back whole; of a larger one its headers.'),
      preset.maxBounceCopy,
    ),
    bounceTo: Type.Union([Type.String({ minLength: 1, maxLength: 320 }), Type.Null()], {
      default: null,
      description: 'Mailbox that gets bounces in place of the envelope sender.',
    }),
    signBounces: byDefault(Type.Boolean({ description: 'Bounces are signed (DKIM).' }), preset.signBounces),
  },
  { additionalProperties: false, description: 'How long is tried, and what senders are told.' },
);

const priority = byDefault(whole(0, MAX_PRIORITY, '0 is tried first; equals take turns.'), 0);

export const SmtpRouteTargetSchema = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal('host'),
        host: Type.String({ minLength: 1, maxLength: MAX_DESTINATION_LENGTH, description: 'A name or an IP address.' }),
        port: Type.Union([whole(1, 65_535, 'Port.'), Type.Null()], { default: null }),
        priority,
      },
      { additionalProperties: false },
    ),
    Type.Object(
      { kind: Type.Literal('use-dns'), priority },
      { additionalProperties: false, description: 'As if there were no route: the MX hosts of the domain.' },
    ),
    Type.Object(
      { kind: Type.Literal('discard'), priority },
      { additionalProperties: false, description: '`/dev/null`: dropped, and counted as delivered.' },
    ),
  ],
  { description: 'Where a route leads.' },
);

export const SmtpRouteSchema = Type.Object(
  {
    domain: Type.String({
      minLength: 1,
      maxLength: MAX_DESTINATION_LENGTH,
      description: '`example.com`, `.example.com`, `[192.0.2.1]`, or `ALL` for every other domain.',
    }),
    targets: Type.Array(SmtpRouteTargetSchema, { minItems: 1, maxItems: MAX_ROUTE_TARGETS }),
  },
  { additionalProperties: false, description: 'Where mail for a domain goes in place of its MX hosts.' },
);

export const GatewaySchema = Type.Object(
  {
    name: name('What settings call it.'),
    sourceAddress: Type.Union([Type.String({ minLength: 2, maxLength: 45 }), Type.Null()], {
      default: null,
      description: 'IP address to connect from; null: the system chooses.',
    }),
    heloName: Type.Union([Type.String({ minLength: 1, maxLength: MAX_DESTINATION_LENGTH }), Type.Null()], {
      default: null,
      description: 'Name to give in EHLO; null: the name of this machine.',
    }),
  },
  { additionalProperties: false, description: 'An interface or virtual gateway.' },
);

const { timeouts } = DEFAULT_DELIVERY_SETTINGS;
const seconds = (description: string, value: number) => byDefault(whole(1, MAX_TIMEOUT_SECONDS, description), value);

export const DeliverySettingsSchema = Type.Object(
  {
    gateways: Type.Array(GatewaySchema, { default: [], maxItems: MAX_GATEWAYS }),
    defaultGateway: Type.Union([name(''), Type.Null()], {
      default: null,
      description: 'Name of the gateway to deliver from; null: Auto, by routing.',
    }),
    possibleDelivery: byDefault(
      Type.Boolean({ description: 'A message whose last reply was lost counts as delivered.' }),
      DEFAULT_DELIVERY_SETTINGS.possibleDelivery,
    ),
    maxConnections: byDefault(
      whole(1, MAX_CONNECTIONS, 'Outgoing connections of the whole system.'),
      DEFAULT_DELIVERY_SETTINGS.maxConnections,
    ),
    maxTlsConnections: byDefault(
      whole(1, MAX_CONNECTIONS, 'Of those, the ones with TLS.'),
      DEFAULT_DELIVERY_SETTINGS.maxTlsConnections,
    ),
    timeouts: Type.Object(
      {
        connect: seconds('TCP connection, s.', timeouts.connect),
        greeting: seconds('Greeting, s.', timeouts.greeting),
        command: seconds('Reply to a command, s.', timeouts.command),
        data: seconds('Reply to DATA, s.', timeouts.data),
        dataBlock: seconds('Room for one block of the message, s.', timeouts.dataBlock),
        finalDot: seconds('Reply to the end of the message, s.', timeouts.finalDot),
        handOver: byDefault(
          whole(1, MAX_HAND_OVER_SECONDS, 'One message with one host, from the connection to the last reply, s.'),
          timeouts.handOver,
        ),
      },
      { additionalProperties: false, default: {}, description: 'Longest waits (RFC 5321 4.5.3.2).' },
    ),
    hostDownSeconds: byDefault(
      whole(1, 86_400, 'How long a destination is left alone when all its hosts failed.'),
      DEFAULT_DELIVERY_SETTINGS.hostDownSeconds,
    ),
  },
  { additionalProperties: false, description: 'Settings of the delivery as a whole.' },
);

export const BounceVerificationSchema = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          id: whole(0, 9, 'The digit in the tag.'),
          secret: Type.String({ minLength: 1, maxLength: 1_024, description: 'Never shown.' }),
          addedAt: Type.String({ minLength: 1, maxLength: 40, description: 'ISO 8601.' }),
        },
        { additionalProperties: false },
      ),
      { default: [], maxItems: MAX_KEYS, description: 'The first signs, all of them verify.' },
    ),
    untaggedBounces: Type.Enum(['reject', 'accept', 'add-header'], {
      default: 'reject',
      description: 'What becomes of a bounce to an address without a tag.',
    }),
  },
  { additionalProperties: false, description: 'Tags in envelope senders (prvs).' },
);

export const DkimKeySchema = Type.Object(
  {
    domain: Type.String({ minLength: 1, maxLength: MAX_DESTINATION_LENGTH }),
    selector: Type.String({ minLength: 1, maxLength: MAX_DESTINATION_LENGTH }),
    privateKey: Type.String({ minLength: 1, maxLength: MAX_PEM_LENGTH, description: 'PEM. Never shown.' }),
  },
  { additionalProperties: false, description: 'Signs mail of a domain (RFC 6376).' },
);

export const BounceProfilesSchema = Type.Array(BounceProfileSchema, {
  default: [{ name: preset.name }],
  maxItems: MAX_BOUNCE_PROFILES,
});
export const SmtpRoutesSchema = Type.Array(SmtpRouteSchema, { default: [], maxItems: MAX_ROUTES });
export const DkimKeysSchema = Type.Array(DkimKeySchema, { default: [], maxItems: MAX_DKIM_KEYS });
