/**
 * What an operator sets for delivery beside the destinations: bounce profiles (specification 2.h), SMTP routes (2.i),
 * interfaces and virtual gateways, time-outs. `config` validates and keeps them; delivery reads them anew for each
 * connection, so that a commit is followed without a restart.
 */
import type { DestinationControls } from '../policy/destination.ts';

/** How long and how often is tried, and what the sender is told (R107 to R111). Times in seconds. */
export interface BounceProfile {
  readonly name: string;
  readonly maxRetries: number;
  readonly maxQueueSeconds: number;
  readonly initialRetrySeconds: number;
  readonly maxRetrySeconds: number;
  readonly sendHardBounces: boolean;
  readonly delayWarnings: boolean;
  readonly delayWarningSeconds: number;
  readonly maxDelayWarnings: number;
  /** Octets: a message up to this size goes back whole, of a larger one its headers, cut at this size. */
  readonly maxBounceCopy: number;
  /** Bounces go here in place of the envelope sender; null: to the envelope sender. */
  readonly bounceTo: string | null;
  readonly signBounces: boolean;
}

export const DEFAULT_BOUNCE_SETTINGS: BounceProfile = {
  name: 'Default',
  maxRetries: 100,
  maxQueueSeconds: 259_200,
  initialRetrySeconds: 60,
  maxRetrySeconds: 3_600,
  sendHardBounces: true,
  delayWarnings: false,
  delayWarningSeconds: 14_400,
  maxDelayWarnings: 1,
  maxBounceCopy: 10_240,
  bounceTo: null,
  signBounces: false,
};

/** Where mail for a domain goes in place of its MX hosts (R113). */
export interface SmtpRoute {
  /** `example.com`, `.example.com`, `[192.0.2.1]` or `ALL`. */
  readonly domain: string;
  readonly targets: readonly SmtpRouteTarget[];
}

export type SmtpRouteTarget =
  /** `host`: a name (its MX is looked up, then its addresses) or an address. `priority` 0 to 65535, 0 first. */
  | { readonly kind: 'host'; readonly host: string; readonly port: number | null; readonly priority: number }
  | { readonly kind: 'use-dns'; readonly priority: number }
  /** `/dev/null`: the message is dropped and counts as delivered. */
  | { readonly kind: 'discard'; readonly priority: number };

/** An interface or virtual gateway: where connections come from and what they say in EHLO. */
export interface Gateway {
  readonly name: string;
  /** Null: the system chooses by routing. */
  readonly sourceAddress: string | null;
  /** Null: this machine's name. */
  readonly heloName: string | null;
}

export interface DeliverySettings {
  readonly gateways: readonly Gateway[];
  /** Name of the gateway used where nothing else is said; null: Auto. */
  readonly defaultGateway: string | null;
  /** A message whose final reply was lost counts as delivered (true) or is sent again. */
  readonly possibleDelivery: boolean;
  /** Connections of the whole system, and of those the ones with TLS. */
  readonly maxConnections: number;
  readonly maxTlsConnections: number;
  /** Seconds (RFC 5321 4.5.3.2). */
  readonly timeouts: {
    readonly connect: number;
    readonly greeting: number;
    readonly command: number;
    readonly data: number;
    readonly dataBlock: number;
    readonly finalDot: number;
    /**
     * One message with one host, from the connection, or from its turn on one that stands, to the reply to its end: what
     * answers each command just in time does not hold a connection for longer.
     */
    readonly handOver: number;
  };
  /** A destination whose hosts all failed is left alone this long, s. */
  readonly hostDownSeconds: number;
}

export const DEFAULT_DELIVERY_SETTINGS: DeliverySettings = {
  gateways: [],
  defaultGateway: null,
  possibleDelivery: true,
  maxConnections: 10_000,
  maxTlsConnections: 10_000,
  timeouts: { connect: 60, greeting: 300, command: 300, data: 120, dataBlock: 180, finalDot: 600, handOver: 3_600 },
  hostDownSeconds: 60,
};

/** How to tag and check envelope senders (prvs, R112). The first key signs, all of them verify. */
export interface BounceVerificationSettings {
  readonly keys: readonly { readonly id: number; readonly secret: string; readonly addedAt: string }[];
  readonly untaggedBounces: 'reject' | 'accept' | 'add-header';
}

/** One DKIM key: signs mail of `domain`. `privateKey` is PEM. */
export interface DkimKey {
  readonly domain: string;
  readonly selector: string;
  readonly privateKey: string;
}

/** What delivery asks of the configuration, at the moment it needs it. */
export interface DeliveryConfiguration {
  controlsFor(domain: string): DestinationControls;
  bounceProfile(name: string): BounceProfile;
  /** The route that applies: exact, longest `.partial`, ALL; null: use the DNS. */
  routeFor(domain: string): SmtpRoute | null;
  readonly delivery: DeliverySettings;
  readonly bounceVerification: BounceVerificationSettings;
  readonly dkim: readonly DkimKey[];
  /** For all outgoing TLS, PEM; null: none is presented. */
  readonly clientCertificate: { readonly name: string; readonly certificate: string; readonly key: string } | null;
  readonly requiredTlsAlert: boolean;
}
