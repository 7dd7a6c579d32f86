/** The zones of the lab, from its catalogue: addresses, MX, reverse names, TLSA records and MTA-STS records. */
import { createHash, X509Certificate } from 'node:crypto';
import { parseIpAddress, reverseName } from '../base/ip-address.ts';
import type { RecordData } from '../dns/answer.ts';
import { LAB_DOMAINS, LAB_ZONE, type LabDomain, type LabHost, type LabTlsa } from './catalogue.ts';
import type { PeerTls } from './peer-script.ts';
import { policyHostOf } from './policy-host.ts';
import type { ZoneData, ZoneName } from './zone.ts';

export interface PlacedHost {
  readonly domain: LabDomain;
  readonly host: LabHost;
  readonly name: string;
  readonly address: string;
  /** Null where the host has no TLS, or is not wanted this time. */
  readonly tls: PeerTls | null;
}

/** Where the policies are served. */
export const POLICY_HOST_ADDRESS = '127.84.255.1';
/** Mail servers in one octet of addresses. */
const HOSTS_PER_OCTET = 250;

/** Addresses in the order of the catalogue: 127.84.0.1, 127.84.0.2, … */
export function placeHosts(
  domains: readonly LabDomain[],
  tlsOf: (host: LabHost, domain: LabDomain) => PeerTls | null,
): readonly PlacedHost[] {
  return domains
    .flatMap((domain) => domain.hosts.map((host) => ({ domain, host })))
    .map(({ domain, host }, index) => ({
      domain,
      host,
      name: [host.label, domain.label, LAB_ZONE].filter((label) => label !== '').join('.'),
      address: `127.84.${Math.floor(index / HOSTS_PER_OCTET)}.${(index % HOSTS_PER_OCTET) + 1}`,
      tls: tlsOf(host, domain),
    }));
}

/** `port`: that of the mail servers. The MX records follow from the hosts unless the domain says otherwise; a host without label is the domain itself. */
export function labZones(placed: readonly PlacedHost[], port: number): ZoneData {
  const names = new Map<string, ZoneName>();
  const add = (name: string, records: ZoneName): void => {
    names.set(name, { ad: true, ...names.get(name), ...records });
  };
  for (const domain of LAB_DOMAINS) {
    const name = `${domain.label}.${LAB_ZONE}`;
    const exchanges = placed.filter((each) => each.domain === domain && each.host.label !== '');
    const own = exchanges.map(({ host, name: exchange }) => [host.preference, exchange] as const);
    add(name, domain.zone ?? (own.length === 0 ? {} : { MX: own }));
    for (const [label, records] of Object.entries(domain.names ?? {})) add(`${label}.${name}`, records);
    if (domain.policy === undefined) continue;
    add(`_mta-sts.${name}`, { TXT: ['v=STSv1; id=20261001000000;'] });
    add(`_smtp._tls.${name}`, { TXT: [`v=TLSRPTv1; rua=mailto:tls-reports@${name}`] });
    add(policyHostOf(domain), { A: [POLICY_HOST_ADDRESS] });
  }
  for (const { host, name, address, tls } of placed) {
    const parsed = parseIpAddress(address);
    if (!host.hasAddress || parsed === null) continue;
    add(name, { A: [address] });
    if (host.tlsa.length > 0) add(`_${port}._tcp.${name}`, { TLSA: host.tlsa.map((spec) => tlsaOf(spec, tls)) });
    const pointer = host.pointer ?? name;
    add(reverseName(parsed), { PTR: [pointer] });
    if (pointer !== name) add(pointer, { A: [address] });
  }
  return Object.fromEntries(names);
}

function tlsaOf({ usage, selector, matchingType, wrong }: LabTlsa, tls: PeerTls | null): RecordData['TLSA'] {
  const hash = createHash(matchingType === 1 ? 'sha256' : 'sha512');
  if (wrong === true || tls === null) hash.update('the key of another day');
  else {
    const leaf = new X509Certificate(tls.certificates);
    hash.update(selector === 0 ? leaf.raw : leaf.publicKey.export({ format: 'der', type: 'spki' }));
  }
  return { usage, selector, matchingType, data: hash.digest() };
}
