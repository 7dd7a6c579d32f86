/**
 * The rig of published policy: Knot and unbound with signed zones, one Postfix whose every service is a mail host with
 * TLSA records of its own, and nginx with MTA-STS policies. Everything is started and ended as the other rig is.
 */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingProgram } from './dnssec-rig.ts';
import { type Account, SERVICES } from './mail-servers.ts';
import { type HostCertificates, installHostCertificates } from './policy-certificates.ts';
import {
  addressOf,
  DANE_CASES,
  domainOf,
  hostOf,
  POLICY_AUTHORITY,
  POLICY_HOST,
  POLICY_RESOLVER,
  SIGNED_ZONE,
} from './policy-servers.ts';
import { anchorOf, configureResolver, configureZones } from './policy-zones.ts';
import {
  accountOf,
  answersDns,
  greets,
  launch,
  type Rig,
  type Running,
  raise,
  refuseTakenPorts,
  skipUnlessRig,
} from './rig.ts';
import { SMTP_PORT } from './servers.ts';
import { policyText, STS_CASES, STS_MAIL, STS_MAIL_ADDRESS, type StsCase } from './sts-hosts.ts';

export interface PolicyRig extends Rig {
  /** The DS record of the signed zone, for `--dnssec-anchor`. */
  readonly anchorFile: string;
  /** The connections a mail host has had so far, by the key of its case, as Postfix wrote them down. */
  readonly connections: (key: string) => { readonly begun: number; readonly ended: number };
}

const HTTPS_PORT = 443;

export function skipUnlessPolicyRig(): string | false {
  return skipUnlessRig() || missingProgram(['nginx', 'unshare', 'mount']);
}

export async function startPolicyRig(): Promise<PolicyRig> {
  const mail = [...DANE_CASES.map(addressOf), STS_MAIL_ADDRESS].map((host) => ({ host, port: SMTP_PORT }));
  const dns = [POLICY_RESOLVER, POLICY_AUTHORITY].map((host) => ({ host, port: 53 }));
  await refuseTakenPorts([...mail, ...dns, { host: POLICY_HOST, port: HTTPS_PORT }]);
  const raised = await raise(async (folder, running) => {
    const certificates = installHostCertificates(emptied(folder, 'certificates'), Date.now());
    const anchorFile = join(folder, 'anchor');
    writeFileSync(anchorFile, `${await startDns(folder, certificates, running)}\n`);
    await startPostfix(emptied(folder, 'postfix'), certificates, running);
    running.push(launch('nginx', ['-c', configureNginx(emptied(folder, 'nginx'), certificates)]));
    return { resolver: `${POLICY_RESOLVER}:53`, rootFile: certificates.rootFile, anchorFile };
  });
  const log = join(raised.folder, 'postfix', 'postfix.log');
  return { ...raised, connections: (key) => countConnections(readFileSync(log, 'utf8'), key) };
}

function emptied(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

async function startDns(folder: string, certificates: HostCertificates, running: Running[]): Promise<string> {
  const knot = configureZones(emptied(folder, 'knot'), certificates);
  running.push(launch('knotd', ['-c', knot]));
  await answersDns(POLICY_AUTHORITY, `ee.${SIGNED_ZONE}`);
  const anchor = anchorOf(knot);
  running.push(launch('unbound', ['-d', '-c', configureResolver(emptied(folder, 'unbound'), anchor)]));
  await answersDns(POLICY_RESOLVER, `ee.${SIGNED_ZONE}`);
  return anchor;
}

async function startPostfix(folder: string, certificates: HostCertificates, running: Running[]): Promise<void> {
  configurePostfix(folder, certificates, accountOf('postfix'));
  running.push(launch('postfix', ['-c', folder, 'start-fg'], join(folder, 'queue', 'pid', 'master.pid')));
  for (const dane of DANE_CASES) await greets({ host: hostOf(dane), address: addressOf(dane) });
}

function configurePostfix(folder: string, certificates: HostCertificates, account: Account): void {
  const data = emptied(folder, 'data');
  emptied(folder, 'queue');
  chownSync(data, account.uid, account.gid);
  const domains = [...DANE_CASES.map(domainOf), ...STS_CASES.map(({ key }) => `${key}.${SIGNED_ZONE}`)];
  writeFileSync(
    join(folder, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${join(folder, 'queue')}
data_directory = ${data}
maillog_file_prefixes = ${folder}
maillog_file = ${join(folder, 'postfix.log')}
inet_protocols = ipv4
myhostname = mx.${SIGNED_ZONE}
mynetworks = 192.0.2.0/24
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
relay_domains = ${domains.join(', ')}
relay_transport = discard
default_transport = error: nothing leaves the rig
smtpd_relay_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
smtpd_tls_security_level = may
smtpd_client_connection_count_limit = 0
`,
  );
  const hosts = DANE_CASES.map((dane) => ({ key: dane.key, host: hostOf(dane), address: addressOf(dane) }));
  const services = [...hosts, { key: STS_MAIL, host: `mx.${SIGNED_ZONE}`, address: STS_MAIL_ADDRESS }].map(
    ({ key, host, address }) => {
      const files = certificates.hosts[key];
      const tls =
        files === undefined
          ? '  -o { smtpd_tls_security_level = none }\n'
          : `  -o { smtpd_tls_chain_files = ${files.keyFile}, ${files.chainFile} }\n`;
      const own = `  -o { myhostname = ${host} }\n  -o { syslog_name = ${LOGGED}${key} }\n`;
      return `${address}:${SMTP_PORT} inet n - n - - smtpd\n${own}${tls}`;
    },
  );
  writeFileSync(join(folder, 'master.cf'), `${SERVICES}${services.join('')}`);
}

/** What Postfix logs before the key of a case. */
const LOGGED = 'host-';

function countConnections(log: string, key: string): ReturnType<PolicyRig['connections']> {
  const lines = log.split('\n').filter((line) => line.includes(` ${LOGGED}${key}/smtpd[`));
  const count = (what: string): number => lines.filter((line) => line.includes(`]: ${what} from `)).length;
  return { begun: count('connect'), ended: count('disconnect') };
}

/** Returns the configuration file. */
function configureNginx(folder: string, certificates: HostCertificates): string {
  const servers = STS_CASES.map((sts) => {
    const root = emptied(folder, sts.key);
    mkdirSync(join(root, '.well-known'));
    writeFileSync(join(root, '.well-known', 'mta-sts.txt'), sts.policy ?? policyText(sts.key));
    return serverBlock(sts, root, certificates);
  });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `  ${what}_temp_path ${folder}/${what};\n`,
  );
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off;
user root;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 128; }
http {
  access_log off;
  server_names_hash_bucket_size 128;
${temporary.join('')}${servers.join('')}}
`,
  );
  return file;
}

function serverBlock({ key, serving }: StsCase, root: string, certificates: HostCertificates): string {
  const files = certificates.hosts[key];
  if (files === undefined) throw new Error(`${key} has no certificate`);
  return `  server {
    listen ${POLICY_HOST}:${HTTPS_PORT} ssl;
    server_name mta-sts.${key}.${SIGNED_ZONE};
    root ${root};
    ssl_certificate ${files.chainFile};
    ssl_certificate_key ${files.keyFile};
    location / { ${(serving ?? ['types { text/plain txt; }']).join(' ')} }
  }
`;
}
