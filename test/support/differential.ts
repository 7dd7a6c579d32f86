/**
 * Probe and delivery side by side in one world: what the probe says would become of a message under each TLS mode is
 * what becomes of it, in channel, host and `verified`. With a seed in the very same order; without one among the
 * alternatives.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type App, createApp } from '../../src/app/app.ts';
import { createDelivery } from '../../src/app/delivery.ts';
import { createHouse } from '../../src/app/house.ts';
import { type AppSettings, DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { ESSENTIALS, systemClock } from '../../src/app/world.ts';
import { parseIpAddress, reverseName } from '../../src/base/ip-address.ts';
import { silentLog } from '../../src/base/log.ts';
import { deliverNow } from '../../src/delivery/foreground.ts';
import type { HandOver } from '../../src/delivery/hand-over.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../src/delivery/settings.ts';
import type { RecordData } from '../../src/dns/answer.ts';
import type { PeerTls } from '../../src/lab/peer-script.ts';
import type { SmtpPeer } from '../../src/lab/smtp-peer.ts';
import type { ZoneName } from '../../src/lab/zone.ts';
import { startZoneServer } from '../../src/lab/zone-server.ts';
import { type CertificateRequest, issueCertificate } from '../../src/pki/issue.ts';
import { DEFAULT_DESTINATION } from '../../src/policy/destination.ts';
import { TLS_MODES, type TlsMode } from '../../src/policy/mode.ts';
import type { ProbeRequest } from '../../src/probe/request.ts';
import type { PredictedOutcome, Prediction } from '../../src/probe/result.ts';
import { outgoing, recipients } from './delivery.ts';
import {
  BEHAVIOURS,
  type ChainName,
  type DifferentialWorld,
  drawWorld,
  isSilent,
  simpler,
  type WorldHost,
} from './differential-world.ts';
import { target } from './lab.ts';
import { mint, startSmtpPeer, testRoot, tlsOf, VALIDITY } from './smtp-peer.ts';

const DOMAIN = 'example.com';
/** ms for a stage where somebody is silent, and where nobody is: there a busy machine must never run out of time. */
const SILENT_STAGE_MS = 3_000;
const STAGE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface Disagreement {
  readonly world: DifferentialWorld;
  readonly mode: TlsMode;
  readonly policies: 'honoured' | 'ignored';
  readonly order: 'seeded' | 'any';
  readonly predicted: Prediction;
  readonly delivered: PredictedOutcome;
  readonly because: readonly string[];
}

export interface DifferentialRun {
  readonly count: number;
  readonly seed: number;
  /** Worlds at the same time. */
  readonly concurrency: number;
  /** Servers that say nothing, each of which costs its whole time-out, are among them. */
  readonly silence: boolean;
}

export interface DifferentialReport {
  readonly worlds: number;
  readonly comparisons: number;
  /** How often each channel came out, so that a run in which nothing is ever encrypted is seen as what it is. */
  readonly channels: Readonly<Record<string, number>>;
  readonly disagreements: readonly Disagreement[];
}

/** The servers are shared by all worlds: one for each behaviour, chain and name. */
export interface Theatre {
  compare(world: DifferentialWorld): Promise<Omit<DifferentialReport, 'worlds'>>;
  close(): Promise<void>;
}

export async function openTheatre(): Promise<Theatre> {
  const peers = new Map<string, Promise<SmtpPeer>>();
  const policies = new Map<string, ReturnType<typeof startPolicyServer>>();
  const peerFor = (host: WorldHost, name: string, behaviour: string): Promise<SmtpPeer> => {
    const key = JSON.stringify([behaviour, host.chain, host.version, name]);
    const known = peers.get(key) ?? startPeer(host, name, behaviour);
    peers.set(key, known);
    return known;
  };
  const policyFor = (mx: string): ReturnType<typeof startPolicyServer> => {
    const known = policies.get(mx) ?? startPolicyServer(mx);
    policies.set(mx, known);
    return known;
  };
  return {
    compare: (world) => compare(world, peerFor, policyFor),
    close: async () => {
      await Promise.all([...peers.values()].map(async (peer) => (await peer).stop()));
      await Promise.all([...policies.values()].map(async (server) => (await server).stop()));
    },
  };
}

/** Comparisons of one world in which the machine was too late for its own time-outs. */
const LATE_TRIES = 3;

/** A difference that begins with a time-out is told again: the machine may have been busy with something else. */
async function compareInTime(theatre: Theatre, world: DifferentialWorld): Promise<Omit<DifferentialReport, 'worlds'>> {
  let report = await theatre.compare(world);
  for (let tries = 1; tries < LATE_TRIES && report.disagreements.some(isLate); tries++) {
    report = await theatre.compare(world);
  }
  return report;
}

function isLate({ because, predicted }: Disagreement): boolean {
  return [...because, ...predicted.because].some((reason) => / within \d/.test(reason));
}

/** `count` worlds from `seed` on, some at a time. */
export async function runDifferential(
  { count, seed, concurrency, silence }: DifferentialRun,
  onProgress: (done: number) => void = () => {},
): Promise<DifferentialReport> {
  const theatre = await openTheatre();
  const channels: Record<string, number> = {};
  const disagreements: Disagreement[] = [];
  let [next, done, comparisons] = [0, 0, 0];
  const work = async (): Promise<void> => {
    while (next < count) {
      const report = await compareInTime(theatre, drawWorld(seed + next++, silence));
      comparisons += report.comparisons;
      disagreements.push(...report.disagreements);
      for (const [channel, times] of Object.entries(report.channels)) {
        channels[channel] = (channels[channel] ?? 0) + times;
      }
      onProgress(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, work));
  } finally {
    await theatre.close();
  }
  return { worlds: done, comparisons, channels, disagreements };
}

/** The simplest world found that still shows a difference. */
export async function shrink(first: Disagreement): Promise<Disagreement> {
  const theatre = await openTheatre();
  try {
    let smallest = first;
    for (let again = true; again; ) {
      again = false;
      for (const world of simpler(smallest.world)) {
        const [found] = (await theatre.compare(world)).disagreements;
        if (found === undefined) continue;
        smallest = found;
        again = true;
        break;
      }
    }
    return smallest;
  } finally {
    await theatre.close();
  }
}

export function showDisagreement({
  world,
  mode,
  policies,
  order,
  predicted,
  delivered,
  because,
}: Disagreement): string {
  const { because: why, outcomes, channel, host, verified } = predicted;
  return JSON.stringify(
    { mode, policies, order, predicted: { channel, host, verified, outcomes, why }, delivered, because, world },
    null,
    1,
  );
}

async function compare(
  world: DifferentialWorld,
  peerFor: (host: WorldHost, name: string, behaviour: string) => Promise<SmtpPeer>,
  policyFor: (mx: string) => ReturnType<typeof startPolicyServer>,
): Promise<Omit<DifferentialReport, 'worlds'>> {
  const placed = placedHosts(world);
  const stageMs = isSilent(world) ? SILENT_STAGE_MS : STAGE_MS;
  const ports = new Map<string, number>();
  for (const { host, name, addresses } of placed) {
    for (const [at, { behaviour }] of host.addresses.entries()) {
      const script = BEHAVIOURS[behaviour];
      if (script === null) continue;
      ports.set(addresses[at] ?? '', (await peerFor(host, name, behaviour)).port);
    }
  }
  const policy = policyText(world, placed);
  if (policy !== null) ports.set(POLICY_ADDRESS, (await policyFor(policy)).port);
  const dns = await startZoneServer({ zones: zonesOf(world, placed), clock: systemClock });
  const settings: AppSettings = {
    ...DEFAULT_SETTINGS,
    log: silentLog,
    resolvers: [`${dns.spec}?trust-ad`],
    caFile: { name: 'the tests', pem: testRoot.certificate },
    systemCa: false,
    helo: 'sender.example.net',
    timeoutMs: stageMs,
    redirect: ({ address }) => ({ address: LOOPBACK, port: ports.get(address.text) ?? NOBODY }),
  };
  const app = await createApp(settings);
  const house = createHouse(settings, ESSENTIALS);
  const seconds = stageMs / 1000;
  const timeouts = {
    connect: seconds,
    greeting: seconds,
    command: seconds,
    data: seconds,
    dataBlock: seconds,
    finalDot: seconds,
    handOver: 3_600,
  };
  const handOver = createDelivery({
    house,
    delivery: () => ({ ...DEFAULT_DELIVERY_SETTINGS, timeouts }),
    clientCertificate: () => null,
    emit: () => {},
  });
  const found: Disagreement[] = [];
  const channels: Record<string, number> = {};
  let comparisons = 0;
  try {
    const runs = (['honoured', 'ignored'] as const).flatMap((policies) =>
      (['seeded', 'any'] as const).map((order) => ({ policies, order })),
    );
    await Promise.all(
      runs.map(async ({ policies, order }) => {
        const seed = order === 'seeded' ? world.seed : null;
        const predictions = await predictionsIn(app, world, policies, seed);
        const ofMode = async (mode: TlsMode): Promise<void> => {
          const { outcome, because } = await deliveryIn(handOver, world, placed, { mode, policies, seed });
          const predicted = predictions[mode];
          comparisons += 1;
          channels[outcome.channel] = (channels[outcome.channel] ?? 0) + 1;
          if (!agrees(predicted, outcome)) {
            found.push({ world, mode, policies, order, predicted, delivered: outcome, because });
          }
        };
        await Promise.all(TLS_MODES.map(ofMode));
      }),
    );
  } finally {
    await Promise.all([app.close(), house.close(), dns.stop()]);
  }
  return { comparisons, channels, disagreements: found };
}

/** What was seen is what comes; what is inferred is one of the outcomes that are named. */
function agrees(predicted: Prediction, outcome: PredictedOutcome): boolean {
  return [predicted, ...(predicted.basis === 'inferred' ? predicted.outcomes : [])].some(
    ({ channel, host, verified }) =>
      channel === outcome.channel && host === outcome.host && verified === outcome.verified,
  );
}

function localPart({ international }: DifferentialWorld): string {
  return international ? 'jürgen' : 'user';
}

function addressee(world: DifferentialWorld): string {
  const local = localPart(world);
  const recipient = `${local}@${DOMAIN}`;
  switch (world.way) {
    case 'mx':
    case 'implicit':
      return recipient;
    case 'server by name':
      return `${recipient}[mx1.${DOMAIN}]`;
    case 'server by address':
      return `${recipient}[${addressOf(world, 0, 0)}]`;
    case 'literal':
      return `${local}@[${literalOf(world)}]`;
  }
}

function literalOf(world: DifferentialWorld): string {
  const address = addressOf(world, 0, 0);
  return address.includes(':') ? `IPv6:${address}` : address;
}

async function predictionsIn(
  app: App,
  world: DifferentialWorld,
  policies: Disagreement['policies'],
  seed: number | null,
): Promise<Readonly<Record<TlsMode, Prediction>>> {
  const honoured = policies === 'honoured';
  const request: ProbeRequest = {
    target: target(addressee(world)),
    rcpt: 'auto',
    quick: false,
    ignoreNoConnect: false,
    assureTls: false,
    mtaSts: honoured,
    dane: honoured,
    seed,
    strictCn: world.strictCn,
  };
  return (await app.probe(request)).predictions;
}

async function deliveryIn(
  handOver: HandOver,
  world: DifferentialWorld,
  placed: readonly Placed[],
  how: { readonly mode: TlsMode; readonly policies: Disagreement['policies']; readonly seed: number | null },
): Promise<{ readonly outcome: PredictedOutcome; readonly because: readonly string[] }> {
  const honoured = how.policies === 'honoured';
  const literal = world.way === 'literal';
  const to = `${localPart(world)}@${literal ? `[${literalOf(world)}]` : DOMAIN}`;
  const server =
    world.way === 'server by name'
      ? `[mx1.${DOMAIN}]`
      : world.way === 'server by address'
        ? (placed[0]?.addresses[0] ?? '')
        : null;
  const { recipients: outcomes, attempts } = await deliverNow(
    {
      message: outgoing({ recipients: recipients(to), sender: '' }),
      wayOf: () => ({
        destination: literal ? `[${literalOf(world)}]` : DOMAIN,
        route:
          server === null
            ? null
            : { domain: DOMAIN, targets: [{ kind: 'host', host: server, port: null, priority: 0 }] },
      }),
      controlsFor: () => ({
        ...DEFAULT_DESTINATION,
        tls: how.mode,
        dane: honoured ? 'opportunistic' : 'off',
        mtaSts: honoured ? 'on' : 'off',
        strictCn: world.strictCn,
      }),
      seed: how.seed,
      signal: new AbortController().signal,
    },
    { handOver, clock: systemClock, emit: () => {} },
  );
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('a recipient without outcome');
  const { channel, verified, host, because } = outcome;
  return {
    outcome: { channel, verified, host: channel === 'none' ? null : host },
    because: [...because, ...attempts.map(({ ip, event, action, detail }) => `${ip} ${event} ${action}: ${detail}`)],
  };
}

interface Placed {
  readonly host: WorldHost;
  readonly name: string;
  readonly addresses: readonly string[];
}

function placedHosts(world: DifferentialWorld): readonly Placed[] {
  return world.hosts.map((host, index) => ({
    host,
    name: world.way === 'implicit' ? DOMAIN : `mx${index + 1}.${DOMAIN}`,
    addresses: host.addresses.map((_, at) => addressOf(world, index, at)),
  }));
}

function addressOf(world: DifferentialWorld, host: number, at: number): string {
  const number = 10 * (host + 1) + at;
  return world.hosts[host]?.addresses[at]?.family === 6 ? `2001:db8::${number}` : `192.0.2.${number}`;
}

const POLICY_ADDRESS = '203.0.113.1';
const LOOPBACK = { family: 4, text: '127.0.0.1' } as const;
/** The kernel gives it to nobody. */
const NOBODY = 1;

function zonesOf(world: DifferentialWorld, placed: readonly Placed[]): Readonly<Record<string, ZoneName>> {
  const zones: Record<string, ZoneName> = {};
  const { mxSigned: ad } = world;
  for (const { host, name, addresses } of placed) {
    const holder = host.alias && world.way !== 'implicit' ? `real.${name}` : name;
    const byHand = (family: 4 | 6) => addresses.filter((address) => address.includes(':') === (family === 6));
    const signed = host.signed === 'yes';
    const fault =
      host.lookup === 'fails'
        ? ('servfail' as const)
        : host.lookup === 'one family fails'
          ? { [byHand(6).length > 0 ? 'A' : 'AAAA']: 'servfail' as const }
          : undefined;
    zones[holder] = { A: byHand(4), AAAA: byHand(6), ad: signed, ...(fault === undefined ? {} : { fault }) };
    if (holder !== name) zones[name] = { CNAME: holder, ad: signed };
    const tlsa = tlsaOf(host, name);
    if (tlsa !== null) zones[`_25._tcp.${holder}`] = tlsa;
    if (!world.reverseNames) continue;
    for (const address of addresses) {
      const parsed = parseIpAddress(address);
      if (parsed === null) continue;
      zones[reverseName(parsed)] = { PTR: [`out.${name}`] };
      zones[`out.${name}`] = { A: byHand(4), AAAA: byHand(6) };
    }
  }
  const mx = placed.map(({ host, name }) => [host.preference, name] as const);
  if (world.way !== 'implicit') zones[DOMAIN] = { MX: mx, ad };
  switch (world.mx) {
    case 'works':
      break;
    case 'null':
      zones[DOMAIN] = { ...zones[DOMAIN], MX: [[0, '']] };
      break;
    case 'no such domain':
      delete zones[DOMAIN];
      break;
    case 'fails':
      zones[DOMAIN] = { fault: 'servfail' };
      break;
  }
  if (world.policy !== 'none') {
    zones[`_mta-sts.${DOMAIN}`] = { TXT: ['v=STSv1; id=1;'] };
    zones[`mta-sts.${DOMAIN}`] = { A: [POLICY_ADDRESS] };
  }
  return zones;
}

function policyText(world: DifferentialWorld, placed: readonly Placed[]): string | null {
  const names = placed.map(({ name }) => name);
  const text = (mode: string, mx: readonly string[]): string =>
    ['version: STSv1', `mode: ${mode}`, ...mx.map((name) => `mx: ${name}`), 'max_age: 604800', ''].join('\r\n');
  switch (world.policy) {
    case 'none':
    case 'not served':
      return null;
    case 'enforce all':
      return text('enforce', names);
    case 'enforce first':
      return text('enforce', names.slice(0, 1));
    case 'enforce nobody':
      return text('enforce', ['mail.elsewhere.example']);
    case 'testing':
      return text('testing', names.slice(0, 1));
    case 'off':
      return text('none', []);
  }
}

async function startPolicyServer(text: string): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const leaf = mint({ subject: { CN: `mta-sts.${DOMAIN}` }, dnsNames: [`mta-sts.${DOMAIN}`] });
  const server = createServer({ key: leaf.keyPem, cert: leaf.certificate }, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function startPeer(host: WorldHost, name: string, behaviour: string): Promise<SmtpPeer> {
  const tls: PeerTls = {
    ...certificateOf(host.chain, name),
    ...(host.version === 'TLSv1.2' || host.version === 'TLSv1' ? { maxVersion: host.version } : {}),
    ...(host.version === 'client certificate' ? { clientCertificate: 'require' } : {}),
  };
  return startSmtpPeer({ ...BEHAVIOURS[behaviour], name, tls }, { remember: 0 });
}

const certificates = new Map<string, PeerTls>();

function certificateOf(chain: ChainName, name: string): PeerTls {
  const key = `${chain} ${name}`;
  const known = certificates.get(key) ?? newCertificate(chain, name);
  certificates.set(key, known);
  return known;
}

const stranger = issueCertificate({ subject: { CN: 'Unknown Root' }, ca: true, ...VALIDITY });

function newCertificate(chain: ChainName, name: string): PeerTls {
  const named = (request: Partial<CertificateRequest>): PeerTls => tlsOf(mint(request));
  const both = { subject: { CN: name }, dnsNames: [name, DOMAIN] };
  switch (chain) {
    case 'good':
      return named(both);
    case 'host name alone':
      return named({ subject: { CN: name }, dnsNames: [name] });
    case 'wildcard':
      return named({ subject: { CN: 'many' }, dnsNames: [`*.${DOMAIN}`] });
    case 'wrong name':
      return named({ subject: { CN: 'elsewhere.example' }, dnsNames: ['elsewhere.example'] });
    case 'expired': {
      const ago = (days: number): Date => new Date(Date.now() - days * DAY_MS);
      return named({ ...both, notBefore: ago(90), notAfter: ago(2) });
    }
    case 'self-signed':
      return tlsOf(issueCertificate({ ...both, ...VALIDITY }));
    case 'unknown root':
      return named({ ...both, issuer: { certificate: stranger.certificate, key: stranger.privateKey } });
    case 'CN alone':
      return named({ subject: { CN: DOMAIN }, dnsNames: [] });
    case 'wildcard CN alone':
      return named({ subject: { CN: `*.${DOMAIN}` }, dnsNames: [] });
    case 'reverse name in the CN':
      return named({ subject: { CN: `out.${name}` }, dnsNames: [] });
    case 'with its root':
      return tlsOf(mint(both), [testRoot]);
  }
}

function tlsaOf(host: WorldHost, name: string): ZoneName | null {
  const leaf = new X509Certificate(certificateOf(host.chain, name).certificates);
  const spki = leaf.publicKey.export({ format: 'der', type: 'spki' });
  const record = (usage: number, selector: number, data: Buffer): RecordData['TLSA'] => ({
    usage,
    selector,
    matchingType: 1,
    data: createHash('sha256').update(data).digest(),
  });
  const matching = record(3, 1, spki);
  const wrong = record(3, 1, Buffer.from('another key'));
  switch (host.tlsa) {
    case 'none':
      return null;
    case 'matching':
      return { TLSA: [matching], ad: true };
    case 'wrong':
      return { TLSA: [wrong], ad: true };
    case 'wrong and matching':
      return { TLSA: [wrong, matching], ad: true };
    case 'unusable':
      return { TLSA: [record(1, 1, spki)], ad: true };
    case 'anchor':
      return { TLSA: [record(2, 0, testRoot.der)], ad: true };
    case 'not signed':
      return { TLSA: [wrong] };
    case 'fails':
      return { fault: 'servfail' };
  }
}
