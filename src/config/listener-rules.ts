/**
 * What the schemas of the inbound side cannot say: addresses, domains and senders in their one form, references that lead
 * somewhere, no two listeners in one place, client certificates only where there is TLS, and never an open relay: whoever
 * may send to everybody is named, and is not everybody.
 */
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { addressScope, parseIpAddress } from '../base/ip-address.ts';
import { parseMailbox } from '../base/mailbox.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { parseDestinationName } from './destination-name.ts';
import type { ConfigurationDocument } from './document.ts';
import { showGiven } from './fault.ts';
import type { Listener, MailFlowPolicy, SenderGroup } from './listener-schema.ts';
import { isVeryWide, parseSenderEntry } from './sender-entry.ts';

type Tell = (place: string, subject: string | null, why: string) => void;
type Inbound = Pick<ConfigurationDocument, 'listeners' | 'senderGroups' | 'mailFlowPolicies'>;

/** The three sections with their names normalised. */
export function normalInbound(document: Inbound, tell: Tell): Inbound {
  return {
    listeners: document.listeners.map((each, index) => normalListener(each, `listeners[${index}]`, tell)),
    senderGroups: document.senderGroups.map((each, index) => ({
      ...each,
      senders: each.senders.map((sender, at) => {
        const parsed = parseSenderEntry(sender);
        if (parsed.ok) return parsed.value.text;
        tell(`senderGroups[${index}].senders[${at}]`, each.name, parsed.failure);
        return sender;
      }),
    })),
    mailFlowPolicies: document.mailFlowPolicies.map((each, index) => ({
      ...each,
      tlsRequiredFor: each.tlsRequiredFor.map((sender, at) => {
        const parsed = parseSenderPattern(sender);
        if (parsed.ok) return parsed.value;
        tell(`mailFlowPolicies[${index}].tlsRequiredFor[${at}]`, each.name, parsed.failure);
        return sender;
      }),
    })),
  };
}

/** `user@example.com`, `example.com` or `.example.com`, as lookups compare them. */
export function parseSenderPattern(text: string): Outcome<string, string> {
  if (!text.includes('@')) return parseDestinationName(text);
  const mailbox = parseMailbox(text.trim());
  return mailbox.ok ? succeeded(mailbox.value.text) : failed(`${showGiven(text)} is no address and no domain`);
}

export function checkInbound(document: ConfigurationDocument, tell: Tell): void {
  const policies = new Map(document.mailFlowPolicies.map((policy) => [policy.name, policy]));
  const certificates = new Set(document.certificates.map(({ name }) => name));
  const listeners = new Map(document.listeners.map((listener) => [listener.name, listener]));
  const places = new Map<string, string>();
  for (const [index, listener] of document.listeners.entries()) {
    const place = `listeners[${index}]`;
    const { name, certificate, defaultPolicy, address, port } = listener;
    const taken = places.get(`${address} ${port}`);
    if (taken !== undefined) tell(`${place}.port`, name, `${taken} listens at ${address} port ${port} already`);
    places.set(`${address} ${port}`, name);
    if (certificate !== null && !certificates.has(certificate)) {
      tell(`${place}.certificate`, name, `there is no certificate ${showGiven(certificate)}`);
    }
    const policy = policies.get(defaultPolicy);
    if (policy === undefined) tell(`${place}.defaultPolicy`, name, noPolicy(defaultPolicy, policies));
    else if (policy.action === 'relay' && !isLoopback(address)) tell(`${place}.defaultPolicy`, name, OPEN_RELAY);
  }
  for (const [index, group] of document.senderGroups.entries()) checkGroup(group, `senderGroups[${index}]`);
  for (const [index, policy] of document.mailFlowPolicies.entries())
    checkPolicy(policy, `mailFlowPolicies[${index}]`, tell);

  function checkGroup({ name, listener, senders, policy: called }: SenderGroup, place: string): void {
    if (listener !== null && !listeners.has(listener)) {
      tell(`${place}.listener`, name, `there is no listener ${showGiven(listener)}`);
    }
    const policy = policies.get(called);
    if (policy === undefined) {
      tell(`${place}.policy`, name, noPolicy(called, policies));
      return;
    }
    const wide = senders.find((sender) => {
      const parsed = parseSenderEntry(sender);
      return parsed.ok && isVeryWide(parsed.value.entry);
    });
    const reached = document.listeners.filter((each) => listener === null || each.name === listener);
    const isOpen = policy.action === 'relay' && wide !== undefined && reached.some((each) => !isLoopback(each.address));
    if (isOpen) tell(`${place}.policy`, name, `${showGiven(wide)}: ${OPEN_RELAY}`);
  }
}

const OPEN_RELAY = 'whoever may relay has to be named; a policy that relays for everybody would be an open relay';

function checkPolicy({ name, tls, verifyClientCertificate: verify }: MailFlowPolicy, place: string, tell: Tell): void {
  if (verify === 'required' && tls !== 'required') {
    tell(
      `${place}.verifyClientCertificate`,
      name,
      '"required" needs TLS to be required: in clear nobody shows a certificate',
    );
  }
  if (verify === 'preferred' && tls === 'off') {
    tell(`${place}.verifyClientCertificate`, name, '"preferred" needs TLS to be offered');
  }
}

function normalListener(listener: Listener, place: string, tell: Tell): Listener {
  const { name } = listener;
  const address = parseIpAddress(listener.address);
  if (address === null) tell(`${place}.address`, name, `${showGiven(listener.address)} is no IP address`);
  const hostname = listener.hostname === null ? null : parseDomain(listener.hostname.trim());
  if (hostname?.ok === false) tell(`${place}.hostname`, name, describeDomainFault(hostname.failure));
  return {
    ...listener,
    address: address?.text ?? listener.address,
    hostname: hostname?.ok === true ? hostname.value : listener.hostname,
    recipientDomains: listener.recipientDomains.map((domain, index) => {
      const parsed = parseDestinationName(domain);
      if (parsed.ok) return parsed.value;
      tell(`${place}.recipientDomains[${index}]`, name, parsed.failure);
      return domain;
    }),
  };
}

function noPolicy(called: string, policies: ReadonlyMap<string, MailFlowPolicy>): string {
  const known = [...policies.keys()].slice(0, 20).join(', ');
  return `there is no mail flow policy ${showGiven(called)}; there is ${known === '' ? 'none' : known}`;
}

function isLoopback(address: string): boolean {
  const parsed = parseIpAddress(address);
  return parsed !== null && addressScope(parsed) === 'loopback';
}
