/**
 * The domains of the lab: one per well-known fault, and what each shows. CheckTLS keeps such fixtures for its users, and
 * so do we (R132): `good.lab.test`, `expired.lab.test`, and so on, all under one reserved name (RFC 6761).
 */
import type { LabChain } from './lab-certificates.ts';
import type { PeerScript, PeerTls } from './peer-script.ts';
import type { ZoneName } from './zone.ts';

export const LAB_ZONE = 'lab.test';

export interface LabHost {
  /** First label of the host name; the domain follows. */
  readonly label: string;
  readonly preference: number;
  /** Null: the host has no TLS. */
  readonly chain: LabChain | null;
  readonly script: Partial<PeerScript>;
  /** TLS versions and ciphers other than the default. */
  readonly offer: Pick<PeerTls, 'minVersion' | 'maxVersion' | 'ciphers'>;
  /** False: the address exists, nobody listens there. */
  readonly listens: boolean;
  /** False: the name has no address. */
  readonly hasAddress: boolean;
  /** TLSA records, made from the certificate that the host presents. */
  readonly tlsa: readonly LabTlsa[];
  /** The PTR record of its address, which leads back when it is one of the lab's host names. */
  readonly pointer: string | null;
}

export interface LabTlsa {
  readonly usage: number;
  /** 1: the public key; 0: the whole certificate. */
  readonly selector: 0 | 1;
  readonly matchingType: 1 | 2;
  /** The digest of something else. */
  readonly wrong?: boolean | undefined;
}

/** The MTA-STS policy of a domain and how its host serves it. */
export interface LabPolicy {
  readonly mode: 'enforce' | 'testing' | 'none';
  readonly mx: readonly string[];
  readonly fault?: 'not-found' | 'redirect' | 'wrong-certificate' | undefined;
}

export interface LabDomain {
  /** First label of the domain. */
  readonly label: string;
  /** What it shows, in one sentence. */
  readonly shows: string;
  readonly hosts: readonly LabHost[];
  readonly policy?: LabPolicy | undefined;
  /** In place of the MX records that would follow from the hosts. */
  readonly zone?: ZoneName | undefined;
  /** Other names of the domain, by their labels before it. */
  readonly names?: Readonly<Record<string, ZoneName>> | undefined;
}

type HostChanges = Partial<Omit<LabHost, 'chain'>> & { readonly chain?: Partial<LabChain> | null };

/** What a well-kept server offers. Level 0 only so that weak keys and signatures can be shown. */
const TODAY = { minVersion: 'TLSv1.2', ciphers: 'ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=0' } as const;

/** A good host `mx` of the domain, changed. */
function host(domain: string, { chain = {}, ...changes }: HostChanges = {}): LabHost {
  const label = changes.label ?? 'mx';
  const names = [`${label}.${domain}.${LAB_ZONE}`, `${domain}.${LAB_ZONE}`];
  return {
    label,
    preference: 10,
    script: {},
    offer: TODAY,
    tlsa: [],
    listens: true,
    hasAddress: true,
    pointer: null,
    ...changes,
    chain: chain === null ? null : { names, ...chain },
  };
}

/** A domain with one host. */
function domain(label: string, shows: string, changes: HostChanges = {}): LabDomain {
  return { label, shows, hosts: [host(label, changes)] };
}

const WITHOUT_STARTTLS = { keywords: ['PIPELINING', 'SIZE 10485760', '8BITMIME'] } as const;

export const LAB_DOMAINS: readonly LabDomain[] = [
  domain('good', 'everything right: TLS 1.3, a good chain, the names of host and domain'),
  {
    label: 'several',
    shows: 'three hosts, the second one down: the mail still goes through',
    hosts: [
      host('several', { label: 'mx1', preference: 10 }),
      host('several', { label: 'mx2', preference: 20, listens: false }),
      host('several', { label: 'mx3', preference: 30 }),
    ],
  },
  {
    label: 'uneven',
    shows: 'two hosts of equal preference, one of them without TLS: chance decides how the mail travels',
    hosts: [host('uneven', { label: 'mx1' }), host('uneven', { label: 'mx2', chain: null, script: WITHOUT_STARTTLS })],
  },
  domain('tls12', 'TLS 1.2 at most', { offer: { ...TODAY, maxVersion: 'TLSv1.2' }, chain: { key: 'rsa2048' } }),
  domain('tls10', 'TLS 1.0 only: encrypted, but long out of use', {
    offer: { minVersion: 'TLSv1', maxVersion: 'TLSv1' },
  }),
  domain('weak-key', 'an RSA key of 1024 bits', { chain: { key: 'rsa1024' } }),
  domain('weak-signature', 'a certificate signed with SHA-1', { chain: { fault: 'weak-signature' } }),
  domain('self-signed', 'a certificate that vouches for itself', { chain: { fault: 'self-signed' } }),
  domain('expired', 'a certificate that ran out ten days ago', { chain: { fault: 'expired' } }),
  domain('not-yet-valid', 'a certificate from the future', { chain: { fault: 'not-yet-valid' } }),
  domain('near-expiry', 'a certificate with five of ninety days left', { chain: { fault: 'near-expiry' } }),
  domain('wrong-name', 'a certificate for another name', { chain: { names: ['mail.elsewhere.test'] } }),
  domain('wildcard', 'a wildcard that covers one label', { chain: { names: ['*.wildcard.lab.test'] } }),
  domain('host-name', 'a certificate for the host alone: Verify fails, Hosted holds', {
    chain: { names: ['mx.host-name.lab.test'] },
    pointer: 'rack7.host-name.lab.test',
  }),
  domain('reverse-name', 'a CN that is the reverse name of the address: Verify holds by V3', {
    chain: { names: ['out.reverse-name.lab.test'], withoutSan: true },
    pointer: 'out.reverse-name.lab.test',
  }),
  domain('untrusted-root', 'a chain that ends at a root nobody knows', { chain: { fault: 'untrusted-root' } }),
  domain('missing-intermediate', 'a chain with a gap', { chain: { fault: 'missing-intermediate' } }),
  domain('duplicate', 'an intermediate that is sent twice', { chain: { fault: 'duplicate-intermediate' } }),
  domain('misordered', 'a chain in the wrong order', { chain: { fault: 'misordered' } }),
  domain('root-sent', 'a chain with its root, which nobody needs', { chain: { fault: 'root-sent' } }),
  domain('no-starttls', 'SMTP without STARTTLS', { chain: null, script: WITHOUT_STARTTLS }),
  domain('refuse-tls', 'STARTTLS is offered and refused', { script: { starttls: '502 5.5.1 not implemented' } }),
  domain('tls-454', 'STARTTLS is put off with 454', {
    script: { starttls: '454 4.7.0 TLS not available due to temporary reason' },
  }),
  domain('greeting-line', 'STARTTLS on the greeting line of EHLO, where it is no offer', {
    chain: null,
    script: { ehlo: '250-mx.greeting-line.lab.test STARTTLS\n250-PIPELINING\n250 8BITMIME' },
  }),
  domain('breaks', 'the connection ends behind the 220 to STARTTLS', { script: { afterStarttls: 'close' } }),
  domain('garbage', 'something that is not TLS behind the 220', { script: { afterStarttls: 'garbage' } }),
  domain('injection', 'commands in clear behind the 220, as an attacker would put them there', {
    script: { afterStarttls: { inject: '250-mx.injection.lab.test\r\n250 AUTH LOGIN\r\n' } },
  }),
  domain('second-ehlo', 'EHLO inside TLS is refused', { script: { ehloUnderTls: '550 5.7.1 not you again' } }),
  domain('starttls-twice', 'STARTTLS is offered again inside TLS', {
    script: { keywordsUnderTls: ['PIPELINING', '8BITMIME', 'STARTTLS'] },
  }),
  domain('middlebox', 'a firewall writes XXXXXXXA over STARTTLS', {
    chain: null,
    script: { keywords: ['PIPELINING', 'SIZE 10485760', 'XXXXXXXA', '8BITMIME'] },
  }),
  domain('helo-only', 'a server that knows no EHLO', {
    chain: null,
    script: { ehlo: '502 5.5.1 command not implemented' },
  }),
  domain('mandatory-tls', 'mail in clear is refused with 530', {
    script: { mailInClear: '530 5.7.0 Must issue a STARTTLS command first' },
  }),
  domain('slow', 'a greeting that takes three seconds', {
    script: { greeting: { reply: '220 mx.slow.lab.test ESMTP', delayMs: 3000 } },
  }),
  domain('drip', 'a greeting of one byte a second', {
    script: { greeting: { reply: `220 mx.drip.lab.test ${'patience '.repeat(20)}`, dribbleMs: 1000 } },
  }),
  domain('silent', 'a server that accepts the connection and says nothing', {
    script: { greeting: { after: 'silence' } },
  }),
  domain('throttled', '421 in the greeting: come back later', {
    script: { greeting: { reply: '421 4.7.0 too many connections from you, try again later', after: 'close' } },
  }),
  domain('no-mail', '554 in the greeting: no mail here', {
    script: { greeting: { reply: '554 5.7.1 no SMTP service here', after: 'close' } },
  }),
  domain('blocklisted', '554 in the greeting: the address stands on a block list', {
    script: { greeting: { reply: '554 5.7.1 Client host blocked using zen.blocklist.test', after: 'close' } },
  }),
  domain('tarpit', 'a server that answers every command after more than a second', {
    script: {
      mail: { reply: '250 2.1.0 sender ok', delayMs: 1200 },
      rcpt: { reply: '250 2.1.5 recipient ok', delayMs: 1200 },
      starttls: { reply: '220 2.0.0 Ready to start TLS', delayMs: 1200 },
    },
  }),
  domain('stalls', 'silence in the middle of the certificate flight, as when large packets get lost', {
    // The head of a handshake record of 4,000 bytes, and the first few of them.
    script: { afterStarttls: { instead: Buffer.from('160303' + '0fa0' + '02000076', 'hex') } },
  }),
  domain('greylisting', 'the first RCPT is put off', {
    script: { greylist: { attempts: 1, answer: '451 4.7.1 greylisted, try again in a minute' } },
  }),
  domain('unknown-user', 'the recipient does not exist', { script: { rcpt: '550 5.1.1 no such user' } }),
  domain('down', 'nobody listens', { listens: false }),
  { label: 'null-mx', shows: 'a domain that takes no mail (null MX)', hosts: [], zone: { MX: [[0, '']] } },
  {
    label: 'implicit-mx',
    shows: 'no MX record: the address of the domain itself is used',
    hosts: [host('implicit-mx', { label: '', chain: { names: ['implicit-mx.lab.test'] } })],
  },
  {
    label: 'mx-alias',
    shows: 'an MX that is a CNAME',
    hosts: [host('mx-alias', { label: 'real', chain: { names: ['mx.mx-alias.lab.test', 'mx-alias.lab.test'] } })],
    zone: { MX: [[10, 'mx.mx-alias.lab.test']] },
    names: { mx: { CNAME: 'real.mx-alias.lab.test' } },
  },
  {
    label: 'mx-literal',
    shows: 'an IP address where the name of an MX should stand',
    hosts: [host('mx-literal', { preference: 20 })],
    zone: {
      MX: [
        [10, '192.0.2.1'],
        [20, 'mx.mx-literal.lab.test'],
      ],
    },
  },
  {
    label: 'dangling',
    shows: 'an MX whose name has no address, beside a good one',
    hosts: [host('dangling', { label: 'gone', preference: 5, hasAddress: false }), host('dangling')],
  },
  {
    label: 'best',
    shows: 'TLS 1.3, an enforced MTA-STS policy and a TLSA record: as good as it gets',
    hosts: [host('best', { tlsa: [{ usage: 3, selector: 1, matchingType: 1 }] })],
    policy: { mode: 'enforce', mx: ['mx.best.lab.test'] },
  },
  domain('dane', 'a TLSA record that matches', { tlsa: [{ usage: 3, selector: 1, matchingType: 1 }] }),
  domain('dane-mismatch', 'a TLSA record of a key that is no longer used', {
    tlsa: [{ usage: 3, selector: 1, matchingType: 1, wrong: true }],
  }),
  domain('dane-rollover', 'two TLSA records, one of them of the next key', {
    tlsa: [
      { usage: 3, selector: 1, matchingType: 1 },
      { usage: 3, selector: 1, matchingType: 1, wrong: true },
    ],
  }),
  domain('dane-expired', 'an expired certificate that a TLSA record vouches for', {
    chain: { fault: 'expired' },
    tlsa: [{ usage: 3, selector: 1, matchingType: 1 }],
  }),
  domain('dane-unusable', 'a TLSA record of a usage that mail servers ignore', {
    tlsa: [{ usage: 1, selector: 1, matchingType: 1 }],
  }),
  domain('dane-no-tls', 'a TLSA record at a host without STARTTLS', {
    chain: null,
    script: WITHOUT_STARTTLS,
    tlsa: [{ usage: 3, selector: 1, matchingType: 1, wrong: true }],
  }),
  domain('requiretls', 'REQUIRETLS is offered inside TLS, and DNSSEC vouches for the host', {
    script: { keywordsUnderTls: ['PIPELINING', 'SIZE 10485760', '8BITMIME', 'REQUIRETLS'] },
  }),
  {
    label: 'sts',
    shows: 'an enforced MTA-STS policy that names the host',
    hosts: [host('sts')],
    policy: { mode: 'enforce', mx: ['*.sts.lab.test'] },
  },
  {
    label: 'sts-testing',
    shows: 'an MTA-STS policy in testing mode',
    hosts: [host('sts-testing')],
    policy: { mode: 'testing', mx: ['mx.sts-testing.lab.test'] },
  },
  {
    label: 'sts-not-covered',
    shows: 'an enforced MTA-STS policy that forgot the second host',
    hosts: [
      host('sts-not-covered', { label: 'mx1', preference: 10 }),
      host('sts-not-covered', { label: 'mx2', preference: 20 }),
    ],
    policy: { mode: 'enforce', mx: ['mx1.sts-not-covered.lab.test'] },
  },
  {
    label: 'sts-wrong-name',
    shows: 'an enforced MTA-STS policy, and a certificate for another name: nobody who honours it delivers',
    hosts: [host('sts-wrong-name', { chain: { names: ['mail.elsewhere.test'] } })],
    policy: { mode: 'enforce', mx: ['mx.sts-wrong-name.lab.test'] },
  },
  {
    label: 'sts-broken',
    shows: 'an MTA-STS record without a policy behind it',
    hosts: [host('sts-broken')],
    policy: { mode: 'enforce', mx: ['mx.sts-broken.lab.test'], fault: 'not-found' },
  },
  {
    label: 'sts-bad-host',
    shows: 'an MTA-STS policy host with a certificate for another name',
    hosts: [host('sts-bad-host')],
    policy: { mode: 'enforce', mx: ['mx.sts-bad-host.lab.test'], fault: 'wrong-certificate' },
  },
  { label: 'servfail', shows: 'a name server that fails', hosts: [], zone: { fault: 'servfail' } },
  domain('xn--bcher-kva', 'a name with an umlaut: bücher.lab.test'),
];
