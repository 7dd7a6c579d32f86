/** The options of the commands, once: flags, help, environment variable and configuration key all follow from here. */

export interface OptionSpec {
  /** As commander reads it. */
  readonly flags: string;
  readonly help: string;
  /** May be given more than once; in the environment separated by commas or blanks. */
  readonly list?: true;
}

export const WORLD_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--resolver <spec>',
    help: 'DNS server: 192.0.2.1, [::1]:53, tls://host, https://host/dns-query, each with ?trust-ad (repeatable)',
    list: true,
  },
  { flags: '--dnssec-anchor <file>', help: 'DS or DNSKEY records of the root to trust instead of the built-in ones' },
  { flags: '--ca-file <pem>', help: 'trust these certificates, too' },
  { flags: '--no-system-ca', help: 'do not trust the roots of the system and of Node' },
  { flags: '--strict-cn', help: 'Verify compares the CN exactly: a wildcard in it does not count' },
  { flags: '--port <n>', help: 'SMTP port (25; 465 with --implicit-tls)' },
  { flags: '--https-port <n>', help: 'port for MTA-STS policies, for test beds (443)' },
  { flags: '--helo <name>', help: 'name to give in EHLO' },
  { flags: '--mail-from <address>', help: 'envelope sender to give' },
  { flags: '-4, --ipv4', help: 'IPv4 only' },
  { flags: '-6, --ipv6', help: 'IPv6 only' },
  { flags: '--timeout <seconds>', help: 'longest wait in each stage (30)' },
  { flags: '--deadline <seconds>', help: 'longest time for one target' },
  { flags: '--client-cert <pem>', help: 'client certificate, with --client-key' },
  { flags: '--client-key <pem>', help: 'its private key' },
  { flags: '--implicit-tls', help: 'TLS from the first byte, as on port 465' },
  { flags: '--auth-type <type>', help: 'plain, login or xoauth2, with --auth-user and --auth-secret-file' },
  { flags: '--auth-user <name>', help: 'user to authenticate as' },
  { flags: '--auth-secret-file <file>', help: 'file with the password or token' },
  {
    flags: '--revocation <how>',
    help: 'staple: judge the OCSP response the server sends along; fetch: ask OCSP responder and CRL, too; off: neither (staple)',
  },
  { flags: '--source-address <ip>', help: 'local address to connect from' },
  {
    flags: '--canary <host[:port]>',
    help: 'host that is known to answer, asked when no host of a target does (repeatable)',
    list: true,
  },
  { flags: '--deny-private', help: 'refuse addresses that are not public' },
  { flags: '--allow-private', help: 'follow addresses that are not public (the default here)' },
  { flags: '--log-level <level>', help: 'debug, info, warn or error, to stderr (warn)' },
  { flags: '--config <file>', help: 'JSON file with these options as keys' },
];

export const OUTPUT_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--format <name>',
    help: 'table, detail, json, ndjson, csv, pager, pager-html, text, xml, xml-score, xml-matrix, xml-detail, html, markdown, junit, sarif, openmetrics or nagios (table)',
  },
  { flags: '--output <file>', help: 'write the result here; the file appears when it is complete' },
  { flags: '--old-headings', help: 'the older headings in the matrix: Connect, Allowed, Can Use, …' },
  { flags: '--quiet', help: 'print the confidence value alone' },
];

export const PROBE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--input <file>',
    help: 'targets from a file, one a line or an XML batch; - is standard input. ndjson, csv, text and pager rows come as they finish, other formats in order',
  },
  { flags: '--data <dir>', help: 'installation whose queue mails the report that an XML batch asks for' },
  { flags: '--database <url>', help: 'its PostgreSQL database in place of the folder, postgres://…' },
  { flags: '--concurrency <n>', help: 'targets at the same time (20)' },
  { flags: '--quick', help: 'only the host most mail would go to' },
  { flags: '--ignore-no-connect', help: 'leave hosts out that cannot be reached' },
  { flags: '--assure-tls', help: 'also see whether every host refuses mail in clear' },
  { flags: '--no-mta-sts', help: 'do not look for an MTA-STS policy' },
  { flags: '--no-dane', help: 'do not look for TLSA records' },
  { flags: '--scan', help: 'enumerate versions, ciphers and groups of every host' },
  { flags: '--budget <n>', help: 'connections of a scan to one address at most (30; 120 for the order of long lists)' },
  { flags: '--scan-injection', help: 'with --scan: try STARTTLS command injection, too; only on hosts of your own' },
  { flags: '--rcpt', help: 'give RCPT TO for a bare domain, too (as postmaster)' },
  { flags: '--no-rcpt', help: 'never give RCPT TO' },
  { flags: '--repeat <n>', help: 'sessions with each address, to see whether its answers differ (1)' },
  { flags: '--authoritative', help: 'ask every authoritative name server whether it says the same' },
  { flags: '--seed <n>', help: 'settle the order among hosts of equal preference' },
  { flags: '--capture <file>', help: 'write what went into the result here, for replay (one target)' },
  { flags: '--lab', help: 'test against the built-in test bed: try you@good.lab.test' },
  { flags: '--min <n>', help: 'gate: the confidence must be at least this (90)' },
  {
    flags: '--expect <mode>',
    help: 'gate: no, preferred, required, preferred-verify, required-verify, required-verify-hosted, dane or mta-sts (repeatable)',
    list: true,
  },
  {
    flags: '--expectations <file>',
    help: 'gate: JSON object, target or domain to { "min": 90, "expect": ["required-verify"] }',
  },
  { flags: '--baseline <file>', help: 'gate: nothing may be worse than in this earlier JSON result' },
];

export const GATE_OPTIONS: readonly OptionSpec[] = PROBE_OPTIONS.filter(({ help }) => help.startsWith('gate: '));

export const REPLAY_OPTIONS: readonly OptionSpec[] = [
  { flags: '--at <time>', help: 'judge as of this time (ISO 8601), everybody answering as they did' },
  { flags: '--ca-file <pem>', help: 'trust the roots of this system and these certificates, not those of then' },
  { flags: '--no-system-ca', help: 'with --ca-file: trust those certificates alone' },
  { flags: '--config <file>', help: 'JSON file with these options as keys' },
];

export const CHAIN_OPTIONS: readonly OptionSpec[] = [
  { flags: '--name <name>', help: 'host name or IP address the certificate must be for' },
  { flags: '--at <time>', help: 'judge as of this time (ISO 8601)' },
  { flags: '--ca-file <pem>', help: 'trust these certificates, too' },
  { flags: '--no-system-ca', help: 'do not trust the roots of the system and of Node' },
  { flags: '--format <name>', help: 'text, json or ndjson (text)' },
  { flags: '--output <file>', help: 'write the result here; the file appears when it is complete' },
  { flags: '--config <file>', help: 'JSON file with these options as keys' },
];

export const TLSVERIFY_OPTIONS: readonly OptionSpec[] = [
  { flags: '--domain <name>', help: 'the TLS domain to verify against' },
  { flags: '--host <host[:port]>', help: 'the host to connect to (the domain itself, if not given)' },
];

export const DELIVER_OPTIONS: readonly OptionSpec[] = [
  { flags: '--from <address>', help: 'envelope sender; "<>" for none' },
  { flags: '--to <address>', help: 'recipient: user@domain, or user@domain[host:port] (repeatable)', list: true },
  {
    flags: '--tls <mode>',
    help: 'no, preferred, required, preferred-verify, required-verify or required-verify-hosted (preferred)',
  },
  { flags: '--dane <how>', help: 'off, opportunistic or mandatory (opportunistic)' },
  { flags: '--mta-sts <how>', help: 'on or off (on)' },
  { flags: '--min-tls-version <version>', help: 'TLSv1.0, TLSv1.1, TLSv1.2 or TLSv1.3 (TLSv1.0)' },
  { flags: '--require-tls', help: 'REQUIRETLS: only to hosts that are authenticated and offer it' },
  { flags: '--format <name>', help: 'text or json (text)' },
  { flags: '--json', help: 'the same as --format json' },
];

export const LAB_OPTIONS: readonly OptionSpec[] = [
  { flags: '--dns-port <n>', help: 'port of the name server (any free one)' },
  { flags: '--smtp-port <n>', help: 'port of the mail servers (any free one)' },
  { flags: '--root-file <file>', help: 'write the root certificate of the lab here, to be given as --ca-file' },
];

/** `--no-system-ca` -> `system-ca`; `-4, --ipv4` -> `ipv4`. */
export function optionName({ flags }: OptionSpec): string {
  return /--(?:no-)?([a-z0-9-]+)/.exec(flags)?.[1] ?? flags;
}

export function isNegated({ flags }: OptionSpec): boolean {
  return flags.includes('--no-');
}

export function takesValue({ flags }: OptionSpec): boolean {
  return flags.includes('<');
}

/** `system-ca` -> `systemCa`: the key in a configuration file, and commander's. */
export function optionKey(spec: OptionSpec): string {
  return optionName(spec).replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
