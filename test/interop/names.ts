/**
 * The DNS of the rig: Knot has the zones, unbound asks it and validates. Nothing of it leads outside: unbound has a root
 * of its own, an unsigned one. A root where nobody answers will not do: whoever validates by himself asks for its keys
 * first, and unbound holds such a question for as long as it hopes.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AUTHORITY_ADDRESS,
  BOGUS_DOMAIN,
  DOMAINS,
  LAME_DOMAIN,
  RESOLVER_ADDRESS,
  type RealServer,
  SECURE_DOMAIN,
  SERVER_KEYS,
  SERVERS,
} from './servers.ts';

const REVERSE_ZONE = '1.0.127.in-addr.arpa';
const SIGNED_ZONES = [SECURE_DOMAIN, BOGUS_DOMAIN] as const;

/** Writes Knot's configuration and zones; returns the configuration file. */
export function configureKnot(folder: string): string {
  const zones = join(folder, 'zones');
  mkdirSync(zones, { recursive: true });
  // Knot makes its files there, but not the folder.
  mkdirSync(join(folder, 'db'), { recursive: true });
  writeFileSync(join(zones, 'test.zone'), mainZone());
  for (const zone of SIGNED_ZONES) writeFileSync(join(zones, `${zone}.zone`), signedZone(zone));
  writeFileSync(join(zones, `${REVERSE_ZONE}.zone`), reverseZone());
  const file = join(folder, 'knot.conf');
  writeFileSync(
    file,
    `server:
    rundir: ${folder}
    pidfile: ${folder}/knot.pid
    listen: ${AUTHORITY_ADDRESS}@53
    tcp-workers: 1
    udp-workers: 1
    background-workers: 1
log:
  - target: ${folder}/knot.log
    any: info
database:
    storage: ${folder}/db
template:
  - id: default
    storage: ${zones}
    file: "%s.zone"
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
policy:
  - id: signed
    algorithm: ecdsap256sha256
    single-type-signing: on
zone:
  - domain: test
  - domain: ${REVERSE_ZONE}
${SIGNED_ZONES.map((zone) => `  - domain: ${zone}\n    dnssec-signing: on\n    dnssec-policy: signed\n    zonefile-load: whole`).join('\n')}
`,
  );
  return file;
}

/** Writes unbound's configuration, with the DS record of the signed zone as Knot made it; returns the file. */
export function configureUnbound(folder: string, secureDs: string): string {
  const bogusDs = `${BOGUS_DOMAIN}. DS 4711 13 2 ${'ab'.repeat(32)}`;
  const stub = (name: string, address: string): string =>
    `stub-zone:\n    name: "${name}."\n    stub-addr: ${address}@53\n    stub-no-cache: no\n`;
  const file = join(folder, 'unbound.conf');
  const root = join(folder, 'root.zone');
  writeFileSync(root, rootZone());
  writeFileSync(
    file,
    `server:
    interface: ${RESOLVER_ADDRESS}@53
    username: ""
    chroot: ""
    directory: "${folder}"
    pidfile: "${folder}/unbound.pid"
    use-syslog: no
    logfile: "${folder}/unbound.log"
    verbosity: 1
    do-daemonize: no
    num-threads: 1
    do-ip6: no
    do-not-query-localhost: no
    access-control: 127.0.0.0/8 allow
    module-config: "validator iterator"
    infra-host-ttl: 1
    infra-cache-max-rtt: 1000
    local-zone: "test." nodefault
    local-zone: "127.in-addr.arpa." nodefault
    domain-insecure: "test."
    trust-anchor: "${secureDs}"
    trust-anchor: "${bogusDs}"
remote-control:
    control-enable: no
${stub('test', AUTHORITY_ADDRESS)}${SIGNED_ZONES.map((zone) => stub(zone, AUTHORITY_ADDRESS)).join('')}${stub(REVERSE_ZONE, AUTHORITY_ADDRESS)}${stub(LAME_DOMAIN, AUTHORITY_ADDRESS)}auth-zone:
    name: "."
    zonefile: "${root}"
    for-downstream: no
    for-upstream: yes
    fallback-enabled: no
`,
  );
  return file;
}

/** The DS record of the signed zone, once Knot has made its key. */
export function secureDsRecord(knotConfiguration: string): string {
  const lines = execFileSync('keymgr', ['-c', knotConfiguration, SECURE_DOMAIN, 'ds'], { encoding: 'utf8' });
  const sha256 = lines.split('\n').find((line) => / DS \d+ \d+ 2 /.test(line));
  if (sha256 === undefined) throw new Error(`keymgr named no SHA-256 DS record for ${SECURE_DOMAIN}: ${lines}`);
  return sha256.trim();
}

const SOA = '@ 300 SOA ns.test. hostmaster.test. 1 3600 600 86400 60\n@ 300 NS ns.test.\n';

/** Here unbound finds that nothing is signed, and that there are no names but those it has stubs for. */
function rootZone(): string {
  return `$ORIGIN .\n${SOA}test. 300 NS ns.test.\n${LAME_DOMAIN}. 300 NS ns.test.\n`;
}

function mainZone(): string {
  const hosts = SERVER_KEYS.map((key) => {
    const server: RealServer = SERVERS[key];
    return `${server.host}. 300 A ${server.address}`;
  });
  const mail = DOMAINS.flatMap(({ domain, mx }) =>
    mx.map(([preference, host]) => `${domain}. 300 MX ${preference} ${host === '.' ? '.' : `${host}.`}`),
  );
  const delegations = SIGNED_ZONES.map((zone) => `${zone}. 300 NS ns.test.`);
  return `$ORIGIN test.\n${SOA}ns 300 A ${AUTHORITY_ADDRESS}\n${[...hosts, ...mail, ...delegations].join('\n')}\n`;
}

/** One host of its own, so that its address is signed as well as its MX. */
function signedZone(zone: string): string {
  return `$ORIGIN ${zone}.\n${SOA}@ 300 MX 10 mx\nmx 300 A ${SERVERS.rsa.address}\n`;
}

function reverseZone(): string {
  const pointers = SERVER_KEYS.map((key) => {
    const server: RealServer = SERVERS[key];
    return `${server.address.split('.').at(-1)} 300 PTR ${server.host}.`;
  });
  return `$ORIGIN ${REVERSE_ZONE}.\n${SOA}${pointers.join('\n')}\n`;
}
