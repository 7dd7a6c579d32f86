/**
 * The DNS of published policy: Knot signs and serves the zones, unbound validates from the key of the signed one. What is
 * bogus is delegated with the digest of a key that nobody has.
 */
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { HostCertificates } from './policy-certificates.ts';
import {
  addressOf,
  DANE_CASES,
  type DaneCase,
  domainOf,
  exchangeOf,
  hostOf,
  OPEN_ZONE,
  POLICY_AUTHORITY,
  POLICY_DEAF,
  POLICY_HOST,
  POLICY_RESOLVER,
  SIGNED_ZONE,
  type Tlsa,
} from './policy-servers.ts';
import { STS_CASES, STS_MAIL_ADDRESS } from './sts-hosts.ts';

const SOA = `@ 300 SOA ns.${SIGNED_ZONE}. hostmaster.${SIGNED_ZONE}. 1 3600 600 86400 60\n@ 300 NS ns.${SIGNED_ZONE}.\n`;

/** Zones that hold nothing but the TLSA records of one host. */
const BOGUS_ZONES = DANE_CASES.filter(({ arrangement }) => arrangement === 'bogus-tlsa').map(tlsaZoneOf);
const DEAF_ZONES = DANE_CASES.filter(({ arrangement }) => arrangement === 'deaf-tlsa').map(tlsaZoneOf);

function tlsaZoneOf(dane: DaneCase): string {
  return `_tcp.${hostOf(dane)}`;
}

/** Writes Knot's configuration and zones; returns the configuration file. */
export function configureZones(folder: string, certificates: HostCertificates): string {
  const zones = join(folder, 'zones');
  mkdirSync(zones, { recursive: true });
  mkdirSync(join(folder, 'db'), { recursive: true });
  const write = (zone: string, lines: readonly string[]): void =>
    writeFileSync(join(zones, `${zone}.zone`), `$ORIGIN ${zone}.\n${SOA}${lines.join('\n')}\n`);
  const lines = [...DANE_CASES.flatMap((dane) => recordsOf(dane, certificates)), ...stsRecords()];
  const inside = (zone: string) => (line: string) => ` ${line.split(' ')[0]}`.endsWith(`.${zone}.`);
  const elsewhere = [OPEN_ZONE, ...BOGUS_ZONES, ...DEAF_ZONES];
  for (const zone of [OPEN_ZONE, ...BOGUS_ZONES]) write(zone, lines.filter(inside(zone)));
  const delegations = elsewhere.map((zone) => `${zone}. 300 NS ns.${SIGNED_ZONE}.`);
  const wrongDs = BOGUS_ZONES.map((zone) => `${zone}. 300 DS 4711 13 2 ${'ab'.repeat(32)}`);
  const own = lines.filter((line) => !elsewhere.some((zone) => inside(zone)(line)));
  write(SIGNED_ZONE, [`ns 300 A ${POLICY_AUTHORITY}`, ...own, ...delegations, ...wrongDs]);
  const file = join(folder, 'knot.conf');
  writeFileSync(file, knotConfiguration(folder, zones));
  return file;
}

function recordsOf(dane: DaneCase, certificates: HostCertificates): readonly string[] {
  const [host, exchange] = [hostOf(dane), exchangeOf(dane)];
  const tlsa = dane.tlsa.map((record) => `_25._tcp.${host}. 300 TLSA ${tlsaText(record, dane, certificates)}`);
  const alias = exchange === host ? [] : [`${exchange}. 300 CNAME ${host}.`];
  return [`${domainOf(dane)}. 300 MX 10 ${exchange}.`, `${host}. 300 A ${addressOf(dane)}`, ...alias, ...tlsa];
}

function tlsaText(record: Tlsa, { key }: DaneCase, certificates: HostCertificates): string {
  const { usage, selector, matchingType, of } = record;
  const pem = of === 'intermediate' || of === 'root' ? certificates[of] : (certificates.hosts[key]?.leaf ?? '');
  const certificate = of === 'other' || pem === '' ? null : new X509Certificate(pem);
  const octets =
    certificate === null
      ? Buffer.from(`a key of ${key} that is not in use`)
      : selector === 0
        ? certificate.raw
        : certificate.publicKey.export({ format: 'der', type: 'spki' });
  const digest = createHash(matchingType === 1 ? 'sha256' : 'sha512')
    .update(octets)
    .digest('hex');
  return `${usage} ${selector} ${matchingType} ${of === 'short' ? digest.slice(0, 40) : digest}`;
}

function stsRecords(): readonly string[] {
  return STS_CASES.flatMap(({ key }) => [
    `${key}.${SIGNED_ZONE}. 300 MX 10 mx.${key}.${SIGNED_ZONE}.`,
    `mx.${key}.${SIGNED_ZONE}. 300 A ${STS_MAIL_ADDRESS}`,
    `mta-sts.${key}.${SIGNED_ZONE}. 300 A ${POLICY_HOST}`,
    `_mta-sts.${key}.${SIGNED_ZONE}. 300 TXT "v=STSv1; id=1;"`,
  ]);
}

function knotConfiguration(folder: string, zones: string): string {
  const signed = [SIGNED_ZONE, ...BOGUS_ZONES];
  const entry = (zone: string): string =>
    `  - domain: ${zone}\n${signed.includes(zone) ? '    dnssec-signing: on\n    dnssec-policy: signed\n    zonefile-load: whole\n' : ''}`;
  return `server:
    rundir: ${folder}
    pidfile: ${folder}/knot.pid
    listen: ${POLICY_AUTHORITY}@53
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
${[...signed, OPEN_ZONE].map(entry).join('')}`;
}

/** The DS record of the signed zone, once Knot has made its key: for unbound, for us and for GnuTLS. */
export function anchorOf(knotConfiguration: string): string {
  const lines = execFileSync('keymgr', ['-c', knotConfiguration, SIGNED_ZONE, 'ds'], { encoding: 'utf8' });
  const sha256 = lines.split('\n').find((line) => / DS \d+ \d+ 2 /.test(line));
  if (sha256 === undefined) throw new Error(`keymgr named no SHA-256 DS record for ${SIGNED_ZONE}: ${lines}`);
  return sha256.trim();
}

/**
 * This machine's own address outside 127.0.0.0/8: libunbound, by which GnuTLS resolves, asks nobody there. Packets to it
 * stay on the machine all the same. Null where there is none.
 */
export function ownAddress(): string | null {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? null;
}

/** Writes unbound's configuration; returns the file. */
export function configureResolver(folder: string, anchor: string): string {
  const stub = (name: string, address: string): string =>
    `stub-zone:\n    name: "${name}."\n    stub-addr: ${address}@53\n`;
  const own = ownAddress();
  const reachable = own === null ? '' : `    interface: ${own}@53\n    access-control: ${own}/32 allow\n`;
  const stubs = [SIGNED_ZONE, OPEN_ZONE, ...BOGUS_ZONES].map((zone) => stub(zone, POLICY_AUTHORITY));
  const deaf = ['', ...DEAF_ZONES].map((zone) => stub(zone, POLICY_DEAF));
  const file = join(folder, 'unbound.conf');
  writeFileSync(
    file,
    `server:
    interface: ${POLICY_RESOLVER}@53
${reachable}    username: ""
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
    trust-anchor: "${anchor}"
remote-control:
    control-enable: no
${[...stubs, ...deaf].join('')}`,
  );
  return file;
}
