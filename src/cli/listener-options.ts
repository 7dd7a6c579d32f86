/** The fields of listeners, sender groups and mail flow policies, as flags and as questions. */
import type { FieldSpec } from './config-options.ts';

/** Words with commas between them; the document judges each. */
const words: Pick<FieldSpec, 'kind' | 'read' | 'show'> = {
  kind: 'text',
  read: (text) => ({
    ok: true,
    value: /^(none|)$/i.test(text.trim())
      ? []
      : text
          .split(',')
          .map((word) => word.trim())
          .filter((word) => word !== ''),
  }),
  show: (value) => (Array.isArray(value) && value.length > 0 ? value.join(', ') : 'none'),
};

export const LISTENER_FIELDS: readonly FieldSpec[] = [
  {
    key: 'kind',
    flag: 'kind',
    kind: 'word',
    words: ['private', 'public'],
    help: 'private: for one’s own programs; public: for the servers of others',
    question: 'Is it for your own programs (private) or for the mail servers of others (public)?',
  },
  {
    key: 'address',
    flag: 'address',
    kind: 'text',
    help: 'IP address to listen at; 0.0.0.0 or :: for all',
    question: 'Enter the IP address to listen at; 0.0.0.0 is all of IPv4, :: all of IPv6.',
  },
  { key: 'port', flag: 'port', kind: 'whole', help: 'port', question: 'Enter the TCP port.' },
  {
    key: 'hostname',
    flag: 'hostname',
    kind: 'text',
    isNullable: true,
    help: 'what it calls itself; none: the name of this machine',
    question: 'Enter the host name it calls itself; "none" is the name of this machine.',
  },
  {
    key: 'certificate',
    flag: 'certificate',
    kind: 'text',
    isNullable: true,
    help: 'certificate for TLS, by its name; none: a self-signed one',
    question: 'Enter the name of the certificate; "none" is a self-signed one, which nobody can verify.',
  },
  {
    key: 'implicitTls',
    flag: 'implicit-tls',
    kind: 'switch',
    help: 'TLS from the first byte: on or off',
    question: 'Does TLS begin with the first byte (in place of STARTTLS)?',
  },
  {
    key: 'minTlsVersion',
    flag: 'min-tls-version',
    kind: 'word',
    words: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
    help: 'TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3',
  },
  {
    key: 'recipientDomains',
    flag: 'recipient-domains',
    ...words,
    help: 'domains mail is accepted for, with commas; none: of those that may relay alone',
    question: 'Enter the domains it accepts mail for, with commas between them, or "none".',
  },
  {
    key: 'defaultPolicy',
    flag: 'default-policy',
    kind: 'text',
    help: 'mail flow policy for whom no sender group names',
    question: 'Enter the mail flow policy of those whom no sender group names.',
  },
  { key: 'maxConnections', flag: 'max-connections', kind: 'whole', help: 'connections at one time' },
  {
    key: 'injectionSeconds',
    flag: 'injection-timeout',
    kind: 'whole',
    help: 'longest time without a message that was taken, s',
  },
  { key: 'connectionSeconds', flag: 'connection-timeout', kind: 'whole', help: 'longest time of a connection, s' },
];

export const GROUP_FIELDS: readonly FieldSpec[] = [
  {
    key: 'senders',
    flag: 'senders',
    ...words,
    help: 'who they are, with commas: 192.0.2.0/24, mx.example.com, .example.com, ALL',
    question: `Enter the hosts of the group, with commas between them: an address, a network such as 192.0.2.0/24, a host
name, .example.com for every name below it, or ALL.`,
  },
  {
    key: 'policy',
    flag: 'policy',
    kind: 'text',
    help: 'mail flow policy, by its name',
    question: 'Enter the mail flow policy of the group.',
  },
  {
    key: 'listener',
    flag: 'listener',
    kind: 'text',
    isNullable: true,
    help: 'listener it is for; none: all of them',
    question: 'Enter the listener the group is for; "none" is all of them.',
  },
];

export const POLICY_FIELDS: readonly FieldSpec[] = [
  {
    key: 'action',
    flag: 'action',
    kind: 'word',
    words: ['accept', 'relay', 'reject', 'tcp-refuse'],
    help: 'accept (for recipient domains), relay (for everybody), reject or tcp-refuse',
    question: 'Enter what becomes of them: accept, relay, reject or tcp-refuse.',
  },
  {
    key: 'tls',
    flag: 'tls',
    kind: 'word',
    words: ['off', 'preferred', 'required'],
    help: 'STARTTLS: off, preferred or required',
    question: 'Enter the use of TLS: off, preferred or required.',
  },
  {
    key: 'tlsRequiredFor',
    flag: 'tls-required-for',
    ...words,
    help: 'envelope senders that need TLS all the same, with commas: user@example.com, example.com',
    question: 'Enter the envelope senders that need TLS all the same, with commas between them, or "none".',
  },
  {
    key: 'verifyClientCertificate',
    flag: 'verify-client-certificate',
    kind: 'word',
    words: ['off', 'preferred', 'required'],
    help: 'off, preferred (one that is shown has to be valid) or required',
    question: 'Enter the verification of client certificates: off, preferred or required.',
  },
  {
    key: 'maxMessageBytes',
    flag: 'max-message-bytes',
    kind: 'whole',
    help: 'octets of one message',
    question: 'Enter the maximum size of a message in octets.',
  },
  {
    key: 'maxRecipients',
    flag: 'max-recipients',
    kind: 'whole',
    help: 'recipients of one message',
    question: 'Enter the maximum number of recipients of a message.',
  },
  {
    key: 'maxMessages',
    flag: 'max-messages',
    kind: 'whole',
    help: 'messages over one connection',
    question: 'Enter the maximum number of messages over a connection.',
  },
  {
    key: 'maxConnectionsPerAddress',
    flag: 'max-connections-per-address',
    kind: 'whole',
    help: 'connections of one address at one time',
    question: 'Enter the maximum number of connections of an address.',
  },
  {
    key: 'recipientsPerHour',
    flag: 'recipients-per-hour',
    kind: 'whole',
    help: 'recipients of one address in an hour; 0: no limit',
    question: 'Enter the maximum number of recipients of an address in an hour; 0 is no limit.',
  },
];
