/**
 * The lab: a name server, mail servers and a policy host on loopback, one domain per well-known fault, for newcomers,
 * demonstrations and our own journeys. Nothing of it leaves this machine.
 *
 * Each mail server has a loopback address of its own and all share one port, so that other programs find them through
 * the name server, too. Where the system has one loopback address only, they get ports of their own, and `redirect` says
 * where a connection really goes.
 */
import type { Clock } from '../base/clock.ts';
import type { Destination } from '../net/net.ts';
import { LAB_DOMAINS, type LabDomain } from './catalogue.ts';
import { createLabAuthority, type LabAuthority } from './lab-certificates.ts';
import { labZones, type PlacedHost, POLICY_HOST_ADDRESS, placeHosts } from './lab-zones.ts';
import { startPolicyHost } from './policy-host.ts';
import { type SmtpPeer, startSmtpPeer } from './smtp-peer.ts';
import { startZoneServer } from './zone-server.ts';

export interface Lab {
  /** As `--resolver` takes it; its AD flag is meant to be believed. */
  readonly resolver: string;
  /** The port of every mail server. */
  readonly port: number;
  /** The port of the policy host. */
  readonly httpsPort: number;
  /** PEM of the root to trust. */
  readonly rootPem: string;
  readonly domains: readonly LabDomain[];
  /** Where a connection to an address of the lab goes; null where addresses are what they say. */
  readonly redirect: ((destination: Destination) => Destination) | null;
  /** The messages its servers have taken, in the order of hosts. */
  received(): readonly LabMessage[];
  stop(): Promise<void>;
}

/** A message as a server of the lab received it, dots undone. */
export interface LabMessage {
  readonly host: string;
  readonly encrypted: boolean;
  readonly text: Buffer;
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
  const authority = createLabAuthority(options.clock.now());
  const isWanted = ({ label }: LabDomain): boolean => options.only === undefined || options.only.includes(label);
  const placed = placeHosts(LAB_DOMAINS, (host, domain) =>
    host.chain === null || !isWanted(domain) ? null : { ...authority.issue(host.chain), ...host.offer },
  );
  const listening = placed.filter(({ domain, host }) => host.listens && host.hasAddress && isWanted(domain));
  const servers = await startServers(listening, authority, options);
  try {
    const zone = await startZoneServer({
      clock: options.clock,
      zones: labZones(placed, servers.port),
      port: options.dnsPort,
    });
    return {
      resolver: `${zone.spec}?trust-ad`,
      port: servers.port,
      httpsPort: servers.httpsPort,
      rootPem: authority.rootPem,
      domains: LAB_DOMAINS,
      redirect: servers.redirect,
      received: () => servers.peers.flatMap(({ name, peer }) => messagesAt(name, peer)),
      stop: async () => {
        await Promise.all([zone.stop(), servers.stop()]);
      },
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

interface Servers {
  readonly peers: readonly { readonly name: string; readonly peer: SmtpPeer }[];
  readonly port: number;
  readonly httpsPort: number;
  readonly redirect: Lab['redirect'];
  stop(): Promise<void>;
}

async function startServers(
  hosts: readonly PlacedHost[],
  authority: LabAuthority,
  options: LabOptions,
): Promise<Servers> {
  if (options.singleAddress === true) return startAtOneAddress(hosts, authority, options);
  for (let tries = 1; ; tries += 1) {
    const started: Stoppable[] = [];
    const peers: { name: string; peer: SmtpPeer }[] = [];
    try {
      let port = options.smtpPort ?? 0;
      for (const placed of hosts) {
        const peer = await startServer(placed, { ...options, host: placed.address, port });
        started.push(peer);
        peers.push({ name: placed.name, peer });
        port = peer.port;
      }
      const policy = await startPolicyHost({ domains: LAB_DOMAINS, authority, host: POLICY_HOST_ADDRESS, port: 0 });
      started.push(policy);
      return { peers, port, httpsPort: policy.port, redirect: null, stop: () => stopAll(started) };
    } catch (error) {
      await stopAll(started);
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
  const started: Stoppable[] = [];
  const peers: { name: string; peer: SmtpPeer }[] = [];
  const ports = new Map<string, number>();
  for (const placed of hosts) {
    const peer = await startServer(placed, { ...options, host: LOOPBACK.text, port: 0 });
    started.push(peer);
    peers.push({ name: placed.name, peer });
    ports.set(placed.address, peer.port);
  }
  const policy = await startPolicyHost({ domains: LAB_DOMAINS, authority, host: LOOPBACK.text, port: 0 });
  started.push(policy);
  ports.set(POLICY_HOST_ADDRESS, policy.port);
  return {
    peers,
    port: [...ports.values()][0] ?? 0,
    httpsPort: policy.port,
    redirect: ({ address, port }) => {
      const real = ports.get(address.text);
      return real === undefined ? { address, port } : { address: LOOPBACK, port: real };
    },
    stop: () => stopAll(started),
  };
}

const LOOPBACK = { family: 4, text: '127.0.0.1' } as const;

function messagesAt(host: string, { sessions }: SmtpPeer): readonly LabMessage[] {
  return sessions.flatMap(({ messages, protocol }) =>
    messages.map((text) => ({ host, encrypted: protocol !== null, text })),
  );
}

interface Stoppable {
  stop(): Promise<void>;
}

async function stopAll(started: readonly Stoppable[]): Promise<void> {
  await Promise.all(started.map((each) => each.stop()));
}

function startServer(
  { host, name, tls }: PlacedHost,
  { clock, host: address, port }: LabOptions & { readonly host: string; readonly port: number },
): Promise<SmtpPeer> {
  return startSmtpPeer(
    { name, greeting: `220 ${name} ESMTP`, helo: `250 ${name}`, ...host.script, tls },
    { clock, host: address, port },
  );
}
