/**
 * A committed document as delivery reads it: tables become maps once per revision, so that a lookup costs as many steps
 * as the domain has labels. A delivery that asks a followed configuration always hears the newest revision.
 */
import { parseIpAddress } from '../base/ip-address.ts';
import {
  type BounceProfile,
  DEFAULT_BOUNCE_SETTINGS,
  type DeliveryConfiguration,
  type SmtpRoute,
} from '../delivery/settings.ts';
import { DEFAULT_BOUNCE_PROFILE, type DestinationControls } from '../policy/destination.ts';
import { ALL_DOMAINS, mostSpecific } from './destination-name.ts';
import type { ConfigurationDocument } from './document.ts';

/**
 * What delivery may ask of `document`. Domains are asked for as A-labels in lower case, addresses as `[192.0.2.1]`; an
 * address may also be asked for as `[2001:db8::1]`.
 */
export function deliveryConfigurationOf(document: ConfigurationDocument): DeliveryConfiguration {
  const { destinations, smtpRoutes, bounceProfiles, global, certificates } = document;
  const entries = new Map(destinations.entries.map((entry) => [entry.domain, saidBy(entry)]));
  const routes = new Map(smtpRoutes.map((route) => [route.domain, route]));
  const profiles = new Map(bounceProfiles.map((profile) => [profile.name, profile]));
  const fallback: BounceProfile = profiles.get(DEFAULT_BOUNCE_PROFILE) ?? DEFAULT_BOUNCE_SETTINGS;
  const certificate = certificates.find(({ name }) => name === global.certificate);
  return {
    controlsFor: (domain) => ({ ...destinations.default, ...mostSpecific(entries, tableKey(domain)) }),
    bounceProfile: (name) => profiles.get(name) ?? fallback,
    routeFor: (domain): SmtpRoute | null => mostSpecific(routes, tableKey(domain)) ?? routes.get(ALL_DOMAINS) ?? null,
    delivery: document.delivery,
    bounceVerification: document.bounceVerification,
    dkim: document.dkim,
    clientCertificate:
      certificate === undefined
        ? null
        : {
            name: certificate.name,
            certificate: joinPem(certificate.certificate, certificate.chain),
            key: certificate.key,
          },
    requiredTlsAlert: global.requiredTlsAlert,
  };
}

/** The fields that an entry has of its own: the others are the default's, whatever it says by then (R65, R66). */
function saidBy(entry: ConfigurationDocument['destinations']['entries'][number]): Partial<DestinationControls> {
  const { domain: _, ...fields } = entry;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== 'default'));
}

/** Address literals are kept in one form, `[IPv6:2001:db8::1]`. */
function tableKey(domain: string): string {
  if (!domain.startsWith('[') || /^\[ipv6:/i.test(domain)) return domain;
  const address = parseIpAddress(domain.slice(1, -1));
  return address?.family === 6 ? `[IPv6:${address.text}]` : domain;
}

function joinPem(certificate: string, chain: string): string {
  return chain === '' ? certificate : `${certificate.trimEnd()}\n${chain}`;
}

/** A configuration whose every answer is that of `newest()` at that moment. */
export function followingConfiguration(newest: () => DeliveryConfiguration): DeliveryConfiguration {
  return {
    controlsFor: (domain) => newest().controlsFor(domain),
    bounceProfile: (name) => newest().bounceProfile(name),
    routeFor: (domain) => newest().routeFor(domain),
    get delivery() {
      return newest().delivery;
    },
    get bounceVerification() {
      return newest().bounceVerification;
    },
    get dkim() {
      return newest().dkim;
    },
    get clientCertificate() {
      return newest().clientCertificate;
    },
    get requiredTlsAlert() {
      return newest().requiredTlsAlert;
    },
  };
}
