/**
 * The inbound side as JSON schemas (specification 2.e): listeners, sender groups in their order (first match wins), and
 * mail flow policies, which groups point to.
 */
import Type, { type Static } from 'typebox';
import { byDefault, MAX_DESTINATION_LENGTH, name, whole } from './destination-schema.ts';

const MAX_LISTENERS = 32;
const MAX_GROUPS = 1_000;
const MAX_POLICIES = 200;
/** Entries of one sender group, and domains of one listener. */
export const MAX_SENDERS = 10_000;
/** Octets of one message: what the queue carries, less room for what is added on the way in. */
export const MAX_LISTENER_MESSAGE_BYTES = 52_000_000;

export const ACTIONS = ['accept', 'relay', 'reject', 'tcp-refuse'] as const;

export const ListenerSchema = Type.Object(
  {
    name: name('What people and the mail log call it.'),
    kind: byDefault(
      Type.Enum(['private', 'public'], {
        description: 'Private: for programs and servers of one’s own. Public: for the mail servers of others.',
      }),
      'private',
    ),
    address: byDefault(
      Type.String({
        minLength: 2,
        maxLength: 45,
        description: 'IP address to listen at; 0.0.0.0: all of IPv4, `::` all of IPv6.',
      }),
      '127.0.0.1',
    ),
    port: byDefault(whole(1, 65_535, 'Port.'), 25),
    hostname: Type.Union([Type.String({ minLength: 1, maxLength: MAX_DESTINATION_LENGTH }), Type.Null()], {
      default: null,
      description: 'What it calls itself; null: the name of this machine.',
    }),
    certificate: Type.Union([name(''), Type.Null()], {
      default: null,
      description: 'Name of the certificate; null: a self-signed one of its own, which encrypts and proves nothing.',
    }),
    implicitTls: byDefault(Type.Boolean({ description: 'TLS from the first byte, in place of STARTTLS.' }), false),
    minTlsVersion: byDefault(
      Type.Enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], { description: 'The oldest TLS version spoken.' }),
      'TLSv1.2',
    ),
    recipientDomains: Type.Array(Type.String({ minLength: 1, maxLength: MAX_DESTINATION_LENGTH }), {
      default: [],
      maxItems: MAX_SENDERS,
      uniqueItems: true,
      description: 'For whom mail is accepted from senders that may not relay: `example.com`, `.example.com`.',
    }),
    defaultPolicy: byDefault(name('Mail flow policy for whom no sender group names.'), 'Blocked'),
    maxConnections: byDefault(whole(1, 10_000, 'Connections at one time.'), 300),
    injectionSeconds: byDefault(whole(5, 3_600, 'Longest time without a message that was taken, s.'), 300),
    connectionSeconds: byDefault(whole(5, 86_400, 'Longest time of one connection, s.'), 900),
  },
  { additionalProperties: false, description: 'An address at which mail is taken in.' },
);

export const SenderGroupSchema = Type.Object(
  {
    name: name('What people and the mail log call it.'),
    listener: Type.Union([name(''), Type.Null()], {
      default: null,
      description: 'Name of the listener it is for; null: all of them.',
    }),
    senders: Type.Array(Type.String({ minLength: 1, maxLength: MAX_DESTINATION_LENGTH }), {
      default: [],
      maxItems: MAX_SENDERS,
      uniqueItems: true,
      description:
        '`192.0.2.1`, `192.0.2.0/24`, `mx.example.com`, `.example.com` (names have to lead back to the address), or `ALL`.',
    }),
    policy: name('Name of the mail flow policy.'),
  },
  {
    additionalProperties: false,
    description: 'Who is who among those that connect; the first group that fits counts.',
  },
);

export const MailFlowPolicySchema = Type.Object(
  {
    name: name('What sender groups call it.'),
    action: byDefault(
      Type.Enum([...ACTIONS], {
        description:
          'accept: for the recipient domains of the listener; relay: for everybody; reject: refused in the greeting; tcp-refuse: hung up on.',
      }),
      'accept',
    ),
    tls: byDefault(
      Type.Enum(['off', 'preferred', 'required'], {
        description: 'STARTTLS is not offered, offered, or needed before anything else.',
      }),
      'preferred',
    ),
    tlsRequiredFor: Type.Array(Type.String({ minLength: 1, maxLength: MAX_DESTINATION_LENGTH }), {
      default: [],
      maxItems: MAX_SENDERS,
      uniqueItems: true,
      description: 'Envelope senders that need TLS all the same: `user@example.com`, `example.com`, `.example.com`.',
    }),
    verifyClientCertificate: byDefault(
      Type.Enum(['off', 'preferred', 'required'], {
        description: 'preferred: a certificate that is shown has to be valid; required: a valid one has to be shown.',
      }),
      'off',
    ),
    maxMessageBytes: byDefault(whole(1_024, MAX_LISTENER_MESSAGE_BYTES, 'Octets of one message.'), 31_457_280),
    maxRecipients: byDefault(whole(1, 10_000, 'Recipients of one message.'), 1_000),
    maxMessages: byDefault(whole(1, 10_000, 'Messages over one connection.'), 1_000),
    maxConnectionsPerAddress: byDefault(whole(1, 10_000, 'Connections of one address at one time.'), 50),
    recipientsPerHour: byDefault(whole(0, 1_000_000_000, 'Recipients of one address in an hour; 0: no limit.'), 0),
  },
  { additionalProperties: false, description: 'What a sender may do, and how.' },
);

export type Listener = Static<typeof ListenerSchema>;
export type SenderGroup = Static<typeof SenderGroupSchema>;
export type MailFlowPolicy = Static<typeof MailFlowPolicySchema>;

const limits = {
  tls: 'preferred',
  tlsRequiredFor: [],
  verifyClientCertificate: 'off',
  maxMessageBytes: 31_457_280,
  maxRecipients: 1_000,
  maxMessages: 1_000,
  maxConnectionsPerAddress: 50,
  recipientsPerHour: 0,
} as const satisfies Omit<MailFlowPolicy, 'name' | 'action'>;

/** A new policy with this name, everything by default. */
export function newMailFlowPolicy(called: string, action: MailFlowPolicy['action'] = 'accept'): MailFlowPolicy {
  return { name: called, action, ...limits, tlsRequiredFor: [] };
}

/** A new listener with this name, everything by default. */
export function newListener(called: string): Listener {
  return {
    name: called,
    kind: 'private',
    address: '127.0.0.1',
    port: 25,
    hostname: null,
    certificate: null,
    implicitTls: false,
    minTlsVersion: 'TLSv1.2',
    recipientDomains: [],
    defaultPolicy: BLOCKED,
    maxConnections: 300,
    injectionSeconds: 300,
    connectionSeconds: 900,
  };
}

/** The policy of whom nobody knows, unless a listener says otherwise. */
export const BLOCKED = 'Blocked';

/** One private listener, which relays for this machine alone. */
export const INITIAL_LISTENERS: readonly Listener[] = [{ ...newListener('Private'), port: 2525 }];
export const INITIAL_GROUPS: readonly SenderGroup[] = [
  { name: 'LOOPBACK', listener: null, senders: ['127.0.0.0/8', '::1'], policy: 'Relayed' },
];
export const INITIAL_POLICIES: readonly MailFlowPolicy[] = [
  newMailFlowPolicy('Accepted'),
  {
    ...newMailFlowPolicy('Throttled'),
    maxMessageBytes: 1_048_576,
    maxRecipients: 20,
    maxMessages: 10,
    maxConnectionsPerAddress: 10,
    recipientsPerHour: 20,
  },
  newMailFlowPolicy('Relayed', 'relay'),
  newMailFlowPolicy(BLOCKED, 'reject'),
];

export const ListenersSchema = Type.Array(ListenerSchema, {
  default: [...INITIAL_LISTENERS],
  maxItems: MAX_LISTENERS,
});
export const SenderGroupsSchema = Type.Array(SenderGroupSchema, { default: [...INITIAL_GROUPS], maxItems: MAX_GROUPS });
export const MailFlowPoliciesSchema = Type.Array(MailFlowPolicySchema, {
  default: [...INITIAL_POLICIES],
  maxItems: MAX_POLICIES,
});
