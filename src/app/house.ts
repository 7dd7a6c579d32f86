/**
 * What probe and delivery share: the resolver, the roots, what domains publish. One house for a process, so that an
 * answer or a policy that one of them has asked for serves the other, too.
 */
import { hostname } from 'node:os';
import { parseDomain } from '../base/domain.ts';
import {
  describeAnchorFault as describeDnssecAnchorFault,
  parseTrustAnchors,
  type TrustAnchor,
} from '../dns/dnssec/anchors.ts';
import { createValidatingResolver } from '../dns/dnssec/validating-resolver.ts';
import { createResolver, DEFAULT_TIMEOUT_MS, type OwnedResolver } from '../dns/resolver.ts';
import { createMemoryPolicyCache } from '../mtasts/cache.ts';
import { createStsDiscovery, type DiscoverSts } from '../mtasts/discover.ts';
import { createPolicyFetcher } from '../mtasts/fetch.ts';
import { createNet, type Net } from '../net/net.ts';
import { describeAnchorFault, type TrustAnchors } from '../pki/trust-anchors.ts';
import type { StatusWorld } from '../revocation/fetch-status.ts';
import type { StatusSource } from '../revocation/status.ts';
import { followedAnchors } from './authorities.ts';
import type { Recorded } from './recorder.ts';
import { chooseResolvers, type ResolverChoice } from './resolvers.ts';
import type { AppSettings } from './settings.ts';
import { loadTrust } from './trust.ts';
import type { Essentials } from './world.ts';

export interface House {
  readonly settings: AppSettings;
  readonly world: Essentials;
  readonly net: Net;
  /** What it says of security counts: believed by the user, or validated by us. */
  readonly resolver: OwnedResolver;
  /** As people know the name servers asked. */
  readonly resolvers: readonly string[];
  /** For a tester, who also looks where no record points to a policy. */
  readonly discoverSts: DiscoverSts;
  /** For a sender. */
  readonly senderSts: DiscoverSts;
  readonly policies: Recorded['policies'];
  readonly anchors: TrustAnchors;
  /** The host is asked for a stapled OCSP response. */
  readonly stapleAsked: boolean;
  /** Who is asked about certificates; null where nobody is. */
  readonly statuses: StatusSource | null;
  /** What is said in EHLO; null: the literal of the address connected from. */
  readonly heloName: string | null;
  close(): Promise<void>;
}

/** Throws for settings that cannot be used: whoever took them from a person has said so before. */
export function createHouse(settings: AppSettings, world: Essentials): House {
  const anchors = anchorsOf(settings);
  const { clock } = world;
  const resolvers = chooseResolvers(settings.resolvers);
  const net = createNet({
    clock,
    privateAddresses: settings.privateAddresses,
    sourceAddress: settings.sourceAddress ?? undefined,
    redirect: settings.redirect ?? undefined,
  });
  const resolver = createHouseResolver(settings, resolvers, world);
  const fetch = createPolicyFetcher({ net, resolver, clock, anchors, port: settings.httpsPort });
  const policies = { cache: createMemoryPolicyCache(), fetch };
  return {
    settings,
    world,
    net,
    resolver,
    resolvers: resolvers.servers.map(({ text }) => text),
    discoverSts: createStsDiscovery({ resolver, clock, ...policies, alsoWithoutRecord: true }),
    senderSts: createStsDiscovery({ resolver, clock, ...policies }),
    policies,
    anchors,
    stapleAsked: settings.revocation !== 'off',
    statuses: settings.revocation === 'fetch' ? lazyStatusSource({ net, resolver, clock }) : null,
    heloName: settings.helo ?? ownName(),
    close: () => resolver.close(),
  };
}

/** Those of the start, or of the configuration in force where there is one. */
function anchorsOf(settings: AppSettings): TrustAnchors {
  if (settings.authorities !== undefined) return followedAnchors(settings, settings.authorities);
  const trust = loadTrust(settings);
  if (!trust.ok) throw new Error(`the CA file cannot be used: ${describeAnchorFault(trust.failure)}`);
  return trust.value;
}

/** Loaded when the first certificate is asked about. */
function lazyStatusSource(world: StatusWorld): StatusSource {
  let loaded: Promise<StatusSource> | null = null;
  const source = (): Promise<StatusSource> => {
    loaded ??= import('../revocation/fetch-status.ts').then(({ createStatusSource }) => createStatusSource(world));
    return loaded;
  };
  return {
    fetch: async (request, signal) => (await source()).fetch(request, signal),
    keep: (request, answer, until) => void source().then((ready) => ready.keep(request, answer, until)),
  };
}

/** This machine's name where it is one that others could look up (RFC 5321 4.1.4); else the literal of its address. */
function ownName(): string | null {
  const name = parseDomain(hostname());
  return name.ok && name.value.includes('.') ? name.value : null;
}

/** Validating ourselves needs no word of the resolver; where all of them are believed it would be done twice. */
function createHouseResolver(
  settings: AppSettings,
  resolvers: ResolverChoice,
  { clock, random }: Essentials,
): OwnedResolver {
  // A name server gets no longer for an answer than a mail server for a stage.
  const timeoutMs = Math.min(resolvers.timeoutMs ?? DEFAULT_TIMEOUT_MS, settings.timeoutMs);
  const options = { ...resolvers, timeoutMs, clock, random };
  if (resolvers.servers.every(({ trustAd }) => trustAd)) return createResolver(options);
  return createValidatingResolver({ ...options, anchors: dnssecAnchors(settings) });
}

/** Undefined: the built-in keys of the root. Throws for a file that was not checked before. */
function dnssecAnchors({ dnssecAnchors: text }: AppSettings): readonly TrustAnchor[] | undefined {
  if (text === null) return undefined;
  const anchors = parseTrustAnchors(text);
  if (!anchors.ok) throw new Error(`the DNSSEC anchors cannot be used: ${describeDnssecAnchorFault(anchors.failure)}`);
  return anchors.value;
}
