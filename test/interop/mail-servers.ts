/** Configuration of the real mail servers of the rig, each in a folder of its own; nobody's own set-up is touched. */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation, Installed } from './certificates.ts';
import {
  DOMAINS,
  MAILBOX_DOMAIN,
  MAILBOX_USERS,
  type RealServer,
  SECURE_DOMAIN,
  SERVER_KEYS,
  SERVERS,
  type ServerKey,
  SMTP_PORT,
} from './servers.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export const SERVICES = `pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

/** Who owns the mailboxes. */
const MAILBOX_OWNER = 65534;

/** Where the Maildirs of `MAILBOX_DOMAIN` are, below the folder of Postfix, one for each user. */
export const MAILBOXES = 'mailboxes';

/** One Postfix with a service per address, each with its own name, certificate and protocols. Returns its folder. */
export function configurePostfix(folder: string, certificates: Installation, account: Account): string {
  const data = join(folder, 'data');
  mkdirSync(join(folder, 'queue'), { recursive: true });
  mkdirSync(data, { recursive: true });
  chownSync(data, account.uid, account.gid);
  const mailboxes = join(folder, MAILBOXES);
  mkdirSync(mailboxes);
  chownSync(mailboxes, MAILBOX_OWNER, MAILBOX_OWNER);
  writeFileSync(
    join(folder, 'mailbox-of'),
    MAILBOX_USERS.map((user) => `${user}@${MAILBOX_DOMAIN} ${user}/\n`).join(''),
  );
  const main: Readonly<Record<string, string>> = {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: data,
    maillog_file_prefixes: folder,
    maillog_file: join(folder, 'postfix.log'),
    inet_interfaces: 'all',
    inet_protocols: 'ipv4',
    myhostname: SERVERS.rsa.host,
    mynetworks: '192.0.2.0/24',
    mydestination: '',
    alias_maps: '',
    alias_database: '',
    local_recipient_maps: '',
    relay_domains: [...DOMAINS.map(({ domain }) => domain).filter(isDiscarded), SECURE_DOMAIN].join(', '),
    relay_transport: 'discard',
    virtual_mailbox_domains: MAILBOX_DOMAIN,
    virtual_mailbox_base: mailboxes,
    virtual_mailbox_maps: `texthash:${join(folder, 'mailbox-of')}`,
    virtual_uid_maps: `static:${MAILBOX_OWNER}`,
    virtual_gid_maps: `static:${MAILBOX_OWNER}`,
    default_transport: 'error: nothing leaves the rig',
    smtpd_relay_restrictions: 'reject_unauth_destination',
    smtpd_peername_lookup: 'no',
    smtpd_tls_security_level: 'may',
    smtpd_tls_loglevel: '1',
    smtpd_tls_received_header: 'yes',
    smtpd_client_connection_count_limit: '0',
  };
  writeFileSync(join(folder, 'main.cf'), settings(main, ''));
  const inet = SERVER_KEYS.filter((key) => SERVERS[key].software === 'postfix').map((key) =>
    postfixService(key, certificates),
  );
  writeFileSync(join(folder, 'master.cf'), SERVICES + inet.join(''));
  return folder;
}

function isDiscarded(domain: string): boolean {
  return domain !== MAILBOX_DOMAIN;
}

function postfixService(key: ServerKey, certificates: Installation): string {
  const server: RealServer = SERVERS[key];
  const files = certificates.servers[key];
  const own: Readonly<Record<string, string>> = {
    myhostname: server.host,
    ...(files === undefined ? {} : { smtpd_tls_chain_files: `${files.keyFile}, ${files.chainFile}` }),
    ...server.settings,
  };
  const overrides = Object.entries(own).map(([name, value]) => `  -o { ${name} = ${value} }\n`);
  return `${server.address}:${SMTP_PORT} inet n - n - - smtpd\n${overrides.join('')}`;
}

/** The Maildir of `kept@exim.test`, below the folder of Exim, which takes no chunks from anybody. */
export const EXIM_MAILBOX = 'mailbox';

/** Returns the configuration file of Exim, which runs as `account` after it has bound its port. */
export function configureExim(folder: string, files: Installed, program: string, account: Account): string {
  const spool = join(folder, 'spool');
  mkdirSync(spool, { recursive: true });
  for (const path of [folder, spool]) chownSync(path, account.uid, account.gid);
  chownSync(files.keyFile, account.uid, account.gid);
  const server: RealServer = SERVERS.exim;
  const file = join(folder, 'exim.conf');
  writeFileSync(
    file,
    `exim_path = ${program}
primary_hostname = ${server.host}
spool_directory = ${spool}
log_file_path = ${folder}/%slog
pid_file_path = ${folder}/exim.pid
local_interfaces = ${server.address}
daemon_smtp_ports = ${SMTP_PORT}
disable_ipv6 = true
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
chunking_advertise_hosts =
tls_certificate = ${files.chainFile}
tls_privatekey = ${files.keyFile}
acl_smtp_rcpt = ours
acl_smtp_data = accept
begin acl
ours:
  accept domains = exim.test
  deny message = not ours
begin routers
kept:
  driver = accept
  local_parts = kept
  transport = kept
sink:
  driver = accept
  transport = sink
begin transports
kept:
  driver = appendfile
  directory = ${folder}/${EXIM_MAILBOX}
  maildir_format
  user = Debian-exim
sink:
  driver = appendfile
  file = /dev/null
  user = Debian-exim
`,
  );
  chmodSync(file, 0o644);
  return file;
}

/** Returns the configuration file of OpenSMTPD. */
export function configureOpenSmtpd(folder: string, files: Installed): string {
  mkdirSync(folder, { recursive: true });
  const server: RealServer = SERVERS.opensmtpd;
  const file = join(folder, 'smtpd.conf');
  writeFileSync(
    file,
    `pki rig cert "${files.chainFile}"
pki rig key "${files.keyFile}"
listen on ${server.address} port ${SMTP_PORT} tls pki rig hostname ${server.host}
action "sink" relay host smtp://${SERVERS.rsa.address}
match from any for domain "opensmtpd.test" action "sink"
`,
  );
  chmodSync(file, 0o600);
  return file;
}

function settings(values: Readonly<Record<string, string>>, indent: string): string {
  return Object.entries(values)
    .map(([name, value]) => `${indent}${name} = ${value}\n`)
    .join('');
}
