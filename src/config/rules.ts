/**
 * What a schema cannot say: names in their one form, each once, and references that lead somewhere. The document comes
 * out with its names as lookups compare them; every fault is told with its place.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import { describeMailboxFault, parseMailbox } from '../base/mailbox.ts';
import type { Outcome } from '../base/outcome.ts';
import type { SmtpRoute } from '../delivery/settings.ts';
import { DEFAULT_BOUNCE_PROFILE } from '../policy/destination.ts';
import { parseDestinationName, parseHost, parseRouteName } from './destination-name.ts';
import {
  type AuthoritySettings,
  type ConfigurationDocument,
  DEMO_CERTIFICATE,
  type NamedCertificate,
} from './document.ts';
import { type ConfigurationFault, showGiven } from './fault.ts';
import { checkInbound, normalInbound } from './listener-rules.ts';
import { checkMonitors } from './monitor-rules.ts';
import { MASK } from './secrets.ts';

type Tell = (place: string, subject: string | null, why: string) => void;

/** The document with its names normalised; `faults` gets what is wrong with it. */
export function applyRules(document: ConfigurationDocument, faults: ConfigurationFault[]): ConfigurationDocument {
  const tell: Tell = (place, subject, why) => void faults.push({ place, subject, why });
  const normalised: ConfigurationDocument = {
    ...document,
    ...normalInbound(document, tell),
    destinations: {
      ...document.destinations,
      entries: document.destinations.entries.map((entry, index) => ({
        ...entry,
        domain: read(parseDestinationName(entry.domain), entry.domain, `destinations.entries[${index}].domain`, tell),
      })),
    },
    smtpRoutes: document.smtpRoutes.map((route, index) => normalRoute(route, `smtpRoutes[${index}]`, tell)),
    delivery: {
      ...document.delivery,
      gateways: document.delivery.gateways.map((gateway, index) => ({
        ...gateway,
        sourceAddress: sourceAddressOf(gateway.sourceAddress, gateway.name, index, tell),
        heloName: heloNameOf(gateway.heloName, gateway.name, index, tell),
      })),
    },
    dkim: document.dkim.map((key, index) => ({
      ...key,
      domain: read(domainOf(key.domain), key.domain, `dkim[${index}].domain`, tell),
      selector: read(domainOf(key.selector), key.selector, `dkim[${index}].selector`, tell),
    })),
  };
  checkNames(normalised, tell);
  checkReferences(normalised, tell);
  checkValues(normalised, tell);
  checkInbound(normalised, tell);
  checkMonitors(normalised.monitors, tell);
  return normalised;
}

/** The parsed value; what was given where it is refused, so that other faults are still found. */
function read<Value>(outcome: Outcome<Value, string>, given: Value, place: string, tell: Tell): Value {
  if (outcome.ok) return outcome.value;
  tell(place, null, outcome.failure);
  return given;
}

function domainOf(text: string): Outcome<string, string> {
  const domain = parseDomain(text.trim());
  return domain.ok ? domain : { ok: false, failure: describeDomainFault(domain.failure) };
}

function normalRoute(route: SmtpRoute, place: string, tell: Tell): SmtpRoute {
  const domain = read(parseRouteName(route.domain), route.domain, `${place}.domain`, tell);
  const targets = route.targets.map((target, index) => {
    if (target.kind !== 'host') return target;
    return { ...target, host: read(parseHost(target.host), target.host, `${place}.targets[${index}].host`, tell) };
  });
  if (targets.length > 1 && targets.some(({ kind }) => kind === 'discard')) {
    tell(`${place}.targets`, domain, '/dev/null takes every message, so nothing can stand beside it');
  }
  return { domain, targets };
}

function sourceAddressOf(text: string | null, gateway: string, index: number, tell: Tell): string | null {
  if (text === null) return null;
  const address = parseIpAddress(text);
  if (address !== null) return address.text;
  tell(`delivery.gateways[${index}].sourceAddress`, gateway, `${showGiven(text)} is no IP address`);
  return text;
}

function heloNameOf(text: string | null, gateway: string, index: number, tell: Tell): string | null {
  if (text === null) return null;
  const host = domainOf(text);
  if (host.ok) return host.value;
  tell(`delivery.gateways[${index}].heloName`, gateway, host.failure);
  return text;
}

/** Each name stands once; capitals do not make two names of one. */
function checkNames(document: ConfigurationDocument, tell: Tell): void {
  const once = (place: string, names: readonly string[]): void => {
    const seen = new Set<string>();
    for (const [index, name] of names.entries()) {
      const folded = name.toLowerCase();
      if (seen.has(folded)) tell(`${place}[${index}]`, name, 'stands there already; a name can stand once');
      seen.add(folded);
    }
  };
  once(
    'destinations.entries',
    document.destinations.entries.map(({ domain }) => domain),
  );
  once(
    'bounceProfiles',
    document.bounceProfiles.map(({ name }) => name),
  );
  once(
    'smtpRoutes',
    document.smtpRoutes.map(({ domain }) => domain),
  );
  once(
    'delivery.gateways',
    document.delivery.gateways.map(({ name }) => name),
  );
  once(
    'certificates',
    document.certificates.map(({ name }) => name),
  );
  once(
    'certificateAuthorities.list',
    document.certificateAuthorities.list.map(({ name }) => name),
  );
  once(
    'monitors',
    document.monitors.map(({ name }) => name),
  );
  once(
    'alerts.recipients',
    document.alerts.recipients.map(({ address }) => address),
  );
  once(
    'bounceVerification.keys',
    document.bounceVerification.keys.map(({ id }) => String(id)),
  );
  once(
    'dkim',
    document.dkim.map(({ domain, selector }) => `${selector}._domainkey.${domain}`),
  );
  once(
    'listeners',
    document.listeners.map(({ name }) => name),
  );
  once(
    'senderGroups',
    document.senderGroups.map(({ name }) => name),
  );
  once(
    'mailFlowPolicies',
    document.mailFlowPolicies.map(({ name }) => name),
  );
  for (const [index, { name }] of document.certificates.entries()) {
    if (name.toLowerCase() === DEMO_CERTIFICATE.toLowerCase()) {
      tell(`certificates[${index}].name`, name, 'is the name of the demonstration certificate');
    }
  }
}

function checkReferences(document: ConfigurationDocument, tell: Tell): void {
  const profiles = new Set(document.bounceProfiles.map(({ name }) => name));
  const missing = (name: string, what: string, known: Iterable<string>): string => {
    const list = [...known];
    const shown = list.length === 0 ? 'there is none' : `there is ${list.slice(0, 20).join(', ')}`;
    return `there is no ${what} ${showGiven(name)}; ${shown}`;
  };
  if (!profiles.has(DEFAULT_BOUNCE_PROFILE)) {
    tell('bounceProfiles', null, `the profile ${DEFAULT_BOUNCE_PROFILE} is missing; it can be changed, not deleted`);
  }
  const { default: preset, entries } = document.destinations;
  if (preset.bounceProfile !== DEFAULT_BOUNCE_PROFILE) {
    const why = `${showGiven(preset.bounceProfile)}: the default entry always uses the profile ${DEFAULT_BOUNCE_PROFILE}`;
    tell('destinations.default.bounceProfile', null, why);
  }
  for (const [index, { domain, bounceProfile }] of entries.entries()) {
    if (bounceProfile === 'default' || profiles.has(bounceProfile)) continue;
    tell(`destinations.entries[${index}].bounceProfile`, domain, missing(bounceProfile, 'bounce profile', profiles));
  }
  const gateways = new Set(document.delivery.gateways.map(({ name }) => name));
  const { defaultGateway } = document.delivery;
  if (defaultGateway !== null && !gateways.has(defaultGateway)) {
    tell('delivery.defaultGateway', null, missing(defaultGateway, 'gateway', gateways));
  }
  const certificates = new Set(document.certificates.map(({ name }) => name));
  const { certificate } = document.global;
  if (certificate !== null && !certificates.has(certificate)) {
    tell('global.certificate', null, missing(certificate, 'certificate', certificates));
  }
  const ofWeb = document.web.certificate;
  if (ofWeb !== null && !certificates.has(ofWeb)) {
    tell('web.certificate', null, missing(ofWeb, 'certificate', certificates));
  }
}

function checkValues(document: ConfigurationDocument, tell: Tell): void {
  const mailbox = (text: string | null, place: string): void => {
    const parsed = text === null ? null : parseMailbox(text);
    if (parsed !== null && !parsed.ok) tell(place, null, `${showGiven(text)}: ${describeMailboxFault(parsed.failure)}`);
  };
  for (const [index, profile] of document.bounceProfiles.entries()) {
    mailbox(profile.bounceTo, `bounceProfiles[${index}].bounceTo`);
    if (profile.initialRetrySeconds > profile.maxRetrySeconds) {
      const why = `${profile.initialRetrySeconds} is more than maxRetrySeconds, which is ${profile.maxRetrySeconds}`;
      tell(`bounceProfiles[${index}].initialRetrySeconds`, profile.name, why);
    }
  }
  mailbox(document.alerts.from, 'alerts.from');
  for (const [index, { address }] of document.alerts.recipients.entries()) {
    mailbox(address, `alerts.recipients[${index}].address`);
  }
  const { maxConnections, maxTlsConnections } = document.delivery;
  if (maxTlsConnections > maxConnections) {
    const why = `${maxTlsConnections} is more than maxConnections, which is ${maxConnections}`;
    tell('delivery.maxTlsConnections', null, why);
  }
  for (const [index, each] of document.certificates.entries()) checkCertificate(each, `certificates[${index}]`, tell);
  checkAuthorities(document.certificateAuthorities, tell);
  for (const [index, { domain, privateKey }] of document.dkim.entries()) {
    const why = keyFault(privateKey);
    if (why !== null) tell(`dkim[${index}].privateKey`, domain, why);
  }
  for (const [index, { secret }] of document.bounceVerification.keys.entries()) {
    if (secret === MASK) tell(`bounceVerification.keys[${index}].secret`, null, MASKED);
  }
  for (const [index, { addedAt }] of document.bounceVerification.keys.entries()) {
    if (Number.isNaN(Date.parse(addedAt))) {
      tell(`bounceVerification.keys[${index}].addedAt`, null, `${showGiven(addedAt)} is no date (ISO 8601)`);
    }
  }
}

const MASKED = 'is masked; only the secret itself can be kept';

/** A certificate that cannot be presented would fail every connection, and nobody would know why. */
function checkCertificate({ name, certificate, chain, key }: NamedCertificate, place: string, tell: Tell): void {
  const leaf = certificateOf(certificate);
  if (leaf === null) {
    tell(`${place}.certificate`, name, 'is no PEM certificate');
    return;
  }
  if (chain.trim() !== '' && certificateOf(chain) === null) tell(`${place}.chain`, name, 'is no PEM certificate');
  const why = keyFault(key);
  if (why !== null) tell(`${place}.key`, name, why);
  else if (!leaf.checkPrivateKey(createPrivateKey(key)))
    tell(`${place}.key`, name, 'is not the key of the certificate');
}

/** Each is one certificate of an authority, and none stands there twice. */
function checkAuthorities({ list }: AuthoritySettings, tell: Tell): void {
  const seen = new Map<string, string>();
  for (const [index, { name, certificate }] of list.entries()) {
    const place = `certificateAuthorities.list[${index}].certificate`;
    const read = certificateOf(certificate);
    if (read === null) tell(place, name, 'is no PEM certificate');
    else if (!read.ca) tell(place, name, 'is not the certificate of an authority (its CA flag is not set)');
    else if (seen.has(read.fingerprint256)) tell(place, name, `is the same as ${seen.get(read.fingerprint256)}`);
    else seen.set(read.fingerprint256, name);
  }
}

/** The first certificate of a PEM text. */
function certificateOf(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

/** The end of a sentence; null for a private key that can be used as it stands. */
function keyFault(pem: string): string | null {
  if (pem === MASK) return MASKED;
  try {
    createPrivateKey(pem);
    return null;
  } catch {
    return 'is no PEM private key that can be read without a passphrase';
  }
}
