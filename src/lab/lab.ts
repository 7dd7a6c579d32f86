/**
 * The lab: a name server and mail servers on loopback, one domain per well-known fault, for newcomers, demonstrations
 * and our own journeys. Nothing of it leaves this machine.
 *
 * Each mail server has a loopback address of its own and all share one port, so that other programs find them through
 * the name server, too. Where the system has one loopback address only, they get ports of their own, and `redirect` says
 * where a connection really goes.
 */
import type { Clock } from '../base/clock.ts';
import { parseIpAddress, reverseName } from '../base/ip-address.ts';
import type { Destination } from '../net/net.ts';
import { LAB_DOMAINS, LAB_ZONE, type LabDomain, type LabHost } from './catalogue.ts';
import { createLabAuthority, type LabAuthority } from './lab-certificates.ts';
import { type SmtpPeer, startSmtpPeer } from './smtp-peer.ts';
import type { ZoneData, ZoneName } from './zone.ts';
import { startZoneServer } from './zone-server.ts';

export interface Lab {
  /** As `--resolver` takes it; its AD flag is meant to be believed. */
  readonly resolver: string;
  /** The port of every mail server. */
  readonly port: number;
  /** PEM of the root to trust. */
  readonly rootPem: string;
  readonly domains: readonly LabDomain[];
  /** Where a connection to an address of the lab goes; null where addresses are what they say. */
  readonly redirect: ((destination: Destination) => Destination) | null;
  stop(): Promise<void>;
}

export interface LabOptions {
  readonly clock: Clock;
  /** Only these domains get mail servers, by label; all where left out. The name server knows them all. */
  readonly only?: readonly string[] | undefined;
  /** Ports of one's own instead of the kernel's choice. */
  readonly dnsPort?: number | undefined;
  readonly smtpPort?: number | undefined;
  /** As on a system with 127.0.0.1 alone. */
  readonly singleAddress?: boolean | undefined;
}

/** Other ports tried when the one the kernel gave for one address is taken at another. */
const PORT_TRIES = 10;

export async function startLab(options: LabOptions): Promise<Lab> {
  const placed = placeHosts(LAB_DOMAINS);
  const authority = createLabAuthority(options.clock.now());
  const wanted = placed.filter(({ domain, host }) => host.listens && host.hasAddress && isWanted(domain, options.only));
  const servers = await startServers(wanted, authority, options);
  try {
    const zone = await startZoneServer({ clock: options.clock, zones: zonesOf(placed), port: options.dnsPort });
    return {
      resolver: `${zone.spec}?trust-ad`,
      port: servers.port,
      rootPem: authority.rootPem,
      domains: LAB_DOMAINS,
      redirect: servers.redirect,
      stop: async () => {
        await Promise.all([zone.stop(), ...servers.peers.map((peer) => peer.stop())]);
      },
    };
  } catch (error) {
    await Promise.all(servers.peers.map((peer) => peer.stop()));
    throw error;
  }
}

interface PlacedHost {
  readonly domain: LabDomain;
  readonly host: LabHost;
  readonly name: string;
  readonly address: string;
}

/** Addresses in the order of the catalogue: 127.84.0.1, 127.84.0.2, … */
function placeHosts(domains: readonly LabDomain[]): readonly PlacedHost[] {
  return domains
    .flatMap((domain) => domain.hosts.map((host) => ({ domain, host })))
    .map(({ domain, host }, index) => ({
      domain,
      host,
      name: [host.label, domain.label, LAB_ZONE].filter((label) => label !== '').join('.'),
      address: `127.84.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    }));
}

function isWanted({ label }: LabDomain, only: readonly string[] | undefined): boolean {
  return only === undefined || only.includes(label);
}

interface Servers {
  readonly peers: readonly SmtpPeer[];
  readonly port: number;
  readonly redirect: Lab['redirect'];
}

async function startServers(
  hosts: readonly PlacedHost[],
  authority: LabAuthority,
  options: LabOptions,
): Promise<Servers> {
  if (options.singleAddress === true) return startAtOneAddress(hosts, authority, options);
  for (let tries = 1; ; tries += 1) {
    const peers: SmtpPeer[] = [];
    try {
      let port = options.smtpPort ?? 0;
      for (const placed of hosts) {
        const peer = await startServer(placed, authority, { ...options, host: placed.address, port });
        peers.push(peer);
        port = peer.port;
      }
      return { peers, port, redirect: null };
    } catch (error) {
      await Promise.all(peers.map((peer) => peer.stop()));
      const code = error instanceof Error && 'code' in error ? error.code : null;
      if (code === 'EADDRNOTAVAIL') return startAtOneAddress(hosts, authority, options);
      const takenByChance = code === 'EADDRINUSE' && options.smtpPort === undefined && tries < PORT_TRIES;
      if (!takenByChance) throw error;
    }
  }
}

async function startAtOneAddress(
  hosts: readonly PlacedHost[],
  authority: LabAuthority,
  options: LabOptions,
): Promise<Servers> {
  const peers: SmtpPeer[] = [];
  const ports = new Map<string, number>();
  for (const placed of hosts) {
    const peer = await startServer(placed, authority, { ...options, host: '127.0.0.1', port: 0 });
    peers.push(peer);
    ports.set(placed.address, peer.port);
  }
  const port = peers[0]?.port ?? 0;
  return {
    peers,
    port,
    redirect: ({ address, port: wanted }) => {
      const real = ports.get(address.text);
      return real === undefined ? { address, port: wanted } : { address: LOOPBACK, port: real };
    },
  };
}

const LOOPBACK = { family: 4, text: '127.0.0.1' } as const;

function startServer(
  { host, name }: PlacedHost,
  authority: LabAuthority,
  { clock, host: address, port }: LabOptions & { readonly host: string; readonly port: number },
): Promise<SmtpPeer> {
  const tls = host.chain === null ? null : { ...authority.issue(host.chain), ...host.offer };
  return startSmtpPeer(
    { name, greeting: `220 ${name} ESMTP`, helo: `250 ${name}`, ...host.script, tls },
    { clock, host: address, port },
  );
}

/** The MX records follow from the hosts unless the domain says otherwise; a host without label is the domain itself. */
function zonesOf(placed: readonly PlacedHost[]): ZoneData {
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
  }
  for (const { host, name, address } of placed) {
    const parsed = parseIpAddress(address);
    if (!host.hasAddress || parsed === null) continue;
    add(name, { A: [address] });
    const pointer = host.pointer ?? name;
    add(reverseName(parsed), { PTR: [pointer] });
    if (pointer !== name) add(pointer, { A: [address] });
  }
  return Object.fromEntries(names);
}
