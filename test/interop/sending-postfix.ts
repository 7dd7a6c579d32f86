/**
 * Postfix as a sender: an instance of its own with a transport for each TLS security level (smtp_tls_policy_maps), which
 * takes one message for every level and domain, `<level>@<domain>`, and whose log says where each went and how. It asks
 * the resolver it is given, in a mount namespace of its own.
 */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { SERVICES } from './mail-servers.ts';
import { accountOf, eventually, greets, launch, type Running } from './rig.ts';
import { SMTP_PORT } from './servers.ts';

export const LEVELS = ['none', 'may', 'encrypt', 'dane', 'dane-only', 'fingerprint', 'verify', 'secure'] as const;
export type Level = (typeof LEVELS)[number];

export interface PostfixWord {
  readonly channel: 'encrypted' | 'clear' | 'none';
  readonly host: string | null;
  /** "Verified TLS connection established": the certificate was what the level asks for. */
  readonly verified: boolean;
  /** "Trusted …": it was that, too, or had a good chain; but nobody vouches for the name of the host. */
  readonly trusted: boolean;
  /** Why it was not sent, in Postfix's words; empty where it was. */
  readonly reason: string;
}

export interface SendingOptions {
  readonly rootFile: string;
  /** Address of the resolver, at port 53. */
  readonly resolver: string;
  readonly domains: readonly string[];
  readonly levels: readonly Level[];
  /** SHA-256 of the certificates that level `fingerprint` accepts: `AB:CD:…`. */
  readonly fingerprints: readonly string[];
  /** A signed zone by which it sees that its resolver validates: left out, the root. */
  readonly signedZone?: string | undefined;
}

/** Where it takes messages in. */
const ADDRESS = '127.0.1.60';

/** Starts it below `folder`, sends everything, and waits until it has said what became of each; by `level@domain`. */
export async function sendByPostfix(
  folder: string,
  running: Running[],
  options: SendingOptions,
): Promise<ReadonlyMap<string, PostfixWord>> {
  const { domains, levels } = options;
  configure(folder, options);
  const resolvConf = join(folder, 'resolv.conf');
  writeFileSync(resolvConf, `nameserver ${options.resolver}\noptions trust-ad edns0\n`);
  const script = 'mount --bind "$1" /etc/resolv.conf && exec postfix -c "$2" start-fg';
  running.push(
    launch('unshare', ['-m', 'sh', '-c', script, 'sh', resolvConf, folder], join(folder, 'queue', 'pid', 'master.pid')),
  );
  await greets({ host: 'the sending Postfix', address: ADDRESS });
  const recipients = levels.flatMap((level) => domains.map((domain) => `${level}@${domain}`));
  const transport = createTransport({ host: ADDRESS, port: SMTP_PORT, secure: false, ignoreTLS: true });
  await transport.sendMail({
    envelope: { from: 'sender@sending.test', to: recipients },
    raw: 'From: sender@sending.test\r\nTo: undisclosed-recipients:;\r\nSubject: as Postfix sends it\r\n\r\nhello\r\n',
  });
  transport.close();
  let words: ReadonlyMap<string, PostfixWord> = new Map();
  await eventually('Postfix has said what became of every message', async () => {
    words = wordsIn(await readFile(join(folder, 'postfix.log'), 'utf8'));
    return recipients.every((recipient) => words.has(recipient));
  });
  return words;
}

/** Each process of smtp(8) has one message at a time: what it says of TLS before a message's end is of that message. */
function wordsIn(log: string): ReadonlyMap<string, PostfixWord> {
  const words = new Map<string, PostfixWord>();
  const established = new Map<string, Pick<PostfixWord, 'verified' | 'trusted'> & { readonly host: string }>();
  for (const line of log.split('\n')) {
    const [, process, text] = / level-[a-z-]+\/smtp\[(\d+)\]: (.*)$/.exec(line) ?? [];
    if (process === undefined || text === undefined) continue;
    const tls = /^(\w+) TLS connection established to ([^[]+)\[/.exec(text);
    if (tls !== null) {
      const [, how, host = ''] = tls;
      established.set(process, { host, verified: how === 'Verified', trusted: how === 'Trusted' });
    }
    const said = /: to=<([^>]+)>, (?:orig_to=<[^>]+>, )?relay=([^[,]+).* status=(\w+) \((.*)\)$/.exec(text);
    if (said === null) continue;
    const [, recipient = '', relay = '', status, reason = ''] = said;
    const session = established.get(process);
    established.delete(process);
    if (words.has(recipient)) continue;
    const unverified = { verified: false, trusted: false };
    if (status !== 'sent') words.set(recipient, { channel: 'none', host: null, ...unverified, reason });
    else if (session?.host === relay) words.set(recipient, { ...session, channel: 'encrypted', reason: '' });
    else words.set(recipient, { channel: 'clear', host: relay, ...unverified, reason: '' });
  }
  return words;
}

function configure(
  folder: string,
  { rootFile, domains, levels, fingerprints, signedZone = '.' }: SendingOptions,
): void {
  const account = accountOf('postfix');
  const data = join(folder, 'data');
  mkdirSync(join(folder, 'queue'), { recursive: true });
  mkdirSync(data);
  chownSync(data, account.uid, account.gid);
  const recipients = levels.flatMap((level) => domains.map((domain) => `${level}@${domain} level-${level}:\n`));
  writeFileSync(join(folder, 'transport'), recipients.join(''));
  for (const level of levels) {
    const how = level === 'fingerprint' ? `${level} match=${fingerprints.join('|')}` : level;
    writeFileSync(join(folder, `policy-${level}`), domains.map((domain) => `${domain} ${how}\n`).join(''));
  }
  writeFileSync(
    join(folder, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${join(folder, 'queue')}
data_directory = ${data}
maillog_file_prefixes = ${folder}
maillog_file = ${join(folder, 'postfix.log')}
inet_interfaces = all
inet_protocols = ipv4
myhostname = sending.test
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
local_header_rewrite_clients =
default_transport = error: nothing leaves the rig
transport_maps = texthash:${join(folder, 'transport')}
smtpd_peername_lookup = no
smtpd_recipient_limit = 2000
smtp_dns_support_level = dnssec
dnssec_probe = ns:${signedZone}
smtp_tls_CAfile = ${rootFile}
smtp_tls_loglevel = 1
smtp_tls_fingerprint_digest = sha256
smtp_connection_cache_on_demand = no
smtp_connect_timeout = 5s
soft_bounce = yes
`,
  );
  const transports = levels.map(
    (level) =>
      `level-${level} unix - - n - - smtp\n  -o { syslog_name = level-${level} }\n  -o { smtp_tls_policy_maps = texthash:${join(folder, `policy-${level}`)} }\n`,
  );
  writeFileSync(
    join(folder, 'master.cf'),
    `${SERVICES}${ADDRESS}:${SMTP_PORT} inet n - n - - smtpd\n${transports.join('')}`,
  );
}
