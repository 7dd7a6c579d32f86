/**
 * The questions about one destination, in the order and the words of the appliance (specification 2.a.5, R68). Answering
 * none of them with Y leaves the entry at the default in every field.
 */

import {
  MAX_CONCURRENCY,
  MAX_MESSAGES_PER_CONNECTION,
  MAX_RECIPIENT_LIMIT,
  MAX_RECIPIENT_MINUTES,
} from '../config/destination-schema.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import { DEMO_CERTIFICATE } from '../config/document.ts';
import {
  type DestinationControls,
  type DestinationEntry,
  EVERYTHING_BY_DEFAULT,
  type IpPreference,
} from '../policy/destination.ts';
import type { TlsMode } from '../policy/mode.ts';
import { IP_PREFERENCE_NAMES } from './destconfig-table.ts';
import { type Choice, type Dialogue, wholeBetween } from './dialogue.ts';

/** What was asked before the entry existed, or what stands in it. */
export type Before = DestinationEntry | null;

/** An entry that leaves everything to the default one. */
export function emptyEntry(domain: string): DestinationEntry {
  return {
    domain,
    ...EVERYTHING_BY_DEFAULT,
  };
}

const TLS_CHOICES: readonly Choice<TlsMode>[] = [
  { value: 'no', label: 'No' },
  { value: 'preferred', label: 'Preferred' },
  { value: 'required', label: 'Required' },
  { value: 'preferred-verify', label: 'Preferred - Verify' },
  { value: 'required-verify', label: 'Required - Verify' },
  { value: 'required-verify-hosted', label: 'Required - Verify Hosted Domains' },
];

const LIMIT_TYPES: readonly Choice<DestinationControls['limitType']>[] = [
  { value: 'domain', label: 'The entire domain' },
  { value: 'mx-ip', label: 'Each mail exchanger (MX record) IP address' },
];

const LIMIT_SCOPES: readonly Choice<DestinationControls['limitApply']>[] = [
  { value: 'system', label: 'System wide' },
  { value: 'virtual-gateway', label: 'Each virtual gateway (recommended if virtual gateways are in use)' },
];

const IP_CHOICES = Object.entries(IP_PREFERENCE_NAMES).map(([value, label]) => ({
  value: value as IpPreference,
  label,
}));

export const CERTCONFIG_REMINDER = `You have chosen to enable TLS. Please use the 'certconfig' command to
ensure that there is a valid certificate configured.`;

/** Asks for every field of an entry. Nothing is kept before the last answer. */
export async function askEntry(
  dialogue: Dialogue,
  domain: string,
  before: Before,
  { destinations, bounceProfiles }: ConfigurationDocument,
): Promise<DestinationEntry> {
  const preset = destinations.default;
  const old = before ?? emptyEntry(domain);
  const has = (value: unknown): boolean => value !== 'default';
  /** Who edits an entry and confirms what the default says has not said it of the entry. */
  const kept = <Value>(said: Value | 'default', shown: Value, answer: Value): Value | 'default' =>
    before !== null && said === 'default' && answer === shown ? 'default' : answer;
  let entry = old;
  const set = (fields: Partial<DestinationEntry>): void => {
    entry = { ...entry, ...fields };
  };

  const concurrency = `Do you wish to configure a concurrency limit for ${domain}?`;
  if (await dialogue.yesOrNo(concurrency, before === null || has(old.maxConcurrency))) {
    set({ maxConcurrency: await askConcurrency(dialogue, own(old.maxConcurrency, preset.maxConcurrency), domain) });
    const type = own(old.limitType, preset.limitType);
    const apply = own(old.limitApply, preset.limitApply);
    const scope = await askScope(dialogue, type, apply);
    set({
      limitType: kept(old.limitType, type, scope.limitType),
      limitApply: kept(old.limitApply, apply, scope.limitApply),
    });
  } else {
    set({ maxConcurrency: 'default' });
  }

  const messages = 'Do you wish to apply a messages-per-connection limit to this domain?';
  if (await dialogue.yesOrNo(messages, has(old.maxMessagesPerConnection))) {
    const now = own(old.maxMessagesPerConnection, preset.maxMessagesPerConnection);
    set({ maxMessagesPerConnection: await askMessages(dialogue, now) });
  } else {
    set({ maxMessagesPerConnection: 'default' });
  }

  if (await dialogue.yesOrNo('Do you wish to apply a recipient limit to this domain?', has(old.recipientLimit))) {
    const minutes = own(old.recipientMinutes, preset.recipientMinutes);
    const given = await askRecipients(dialogue, own(old.recipientLimit, preset.recipientLimit), minutes);
    set({ ...given, recipientMinutes: kept(old.recipientMinutes, minutes, given.recipientMinutes) });
  } else {
    set({ recipientLimit: 'default', recipientMinutes: 'default' });
  }
  // Which way limits count is of no use to an entry without one.
  if (!has(entry.maxConcurrency) && !has(entry.recipientLimit)) set({ limitType: 'default', limitApply: 'default' });

  if (await dialogue.yesOrNo('Do you wish to apply a specific TLS setting for this domain?', has(old.tls))) {
    set({ tls: await askTls(dialogue, has(old.tls) ? (old.tls as TlsMode) : 'no') });
  } else {
    set({ tls: 'default' });
  }

  const tagging = 'Do you wish to apply a specific bounce verification\naddress tagging setting for this domain?';
  if (await dialogue.yesOrNo(tagging, has(old.bounceVerification))) {
    set({ bounceVerification: await askTagging(dialogue, own(old.bounceVerification, preset.bounceVerification)) });
  } else {
    set({ bounceVerification: 'default' });
  }

  if (
    await dialogue.yesOrNo('Do you wish to apply a specific bounce profile to this domain?', has(old.bounceProfile))
  ) {
    const profiles = bounceProfiles.map(({ name }) => ({ value: name, label: name }));
    const now = own(old.bounceProfile, preset.bounceProfile);
    set({ bounceProfile: await dialogue.choose('Choose a bounce profile to apply:', profiles, now) });
  } else {
    set({ bounceProfile: 'default' });
  }

  const sorting = 'Do you wish to apply a specific IP sort preference to this domain?';
  if (await dialogue.yesOrNo(sorting, has(old.ipPreference))) {
    set({ ipPreference: await askIpPreference(dialogue, own(old.ipPreference, preset.ipPreference)) });
  } else {
    set({ ipPreference: 'default' });
  }
  return entry;
}

/** Asks for every field of the default entry. */
export async function askDefault(dialogue: Dialogue, preset: DestinationControls): Promise<DestinationControls> {
  const maxConcurrency = await askConcurrency(dialogue, preset.maxConcurrency, 'each domain');
  const scope = await askScope(dialogue, preset.limitType, preset.limitApply);
  const maxMessagesPerConnection = await askMessages(dialogue, preset.maxMessagesPerConnection);
  const isLimited = await dialogue.yesOrNo('Do you wish to apply a recipient limit?', preset.recipientLimit > 0);
  const recipients = isLimited
    ? await askRecipients(dialogue, preset.recipientLimit, preset.recipientMinutes)
    : { recipientLimit: 0, recipientMinutes: preset.recipientMinutes };
  const tls = await askTls(dialogue, preset.tls);
  const bounceVerification = await askTagging(dialogue, preset.bounceVerification);
  const ipPreference = await askIpPreference(dialogue, preset.ipPreference);
  return {
    ...preset,
    ...scope,
    ...recipients,
    maxConcurrency,
    maxMessagesPerConnection,
    tls,
    bounceVerification,
    ipPreference,
  };
}

/** Asks for the settings of all destinations at once. */
export async function askGlobal(
  dialogue: Dialogue,
  { global, certificates }: ConfigurationDocument,
): Promise<ConfigurationDocument['global']> {
  const choices: readonly Choice<string | null>[] = [
    { value: null, label: DEMO_CERTIFICATE },
    ...certificates.map(({ name }) => ({ value: name, label: name })),
  ];
  const question = 'Choose the certificate for outgoing SMTP TLS connections:';
  const certificate = await dialogue.choose(question, choices, global.certificate);
  const alert = 'Do you want to send an alert when a required TLS connection fails?';
  return { certificate, requiredTlsAlert: await dialogue.yesOrNo(alert, global.requiredTlsAlert) };
}

/** What an entry says of its own, else what holds for it now. */
function own<Value>(value: Value | 'default', preset: Value): Value {
  return value === 'default' ? preset : value;
}

function askConcurrency(dialogue: Dialogue, now: number, domain: string): Promise<number> {
  const question = `Enter the number of concurrent connections for ${domain} (1 to 1,000).`;
  return dialogue.ask(question, String(now), wholeBetween(1, MAX_CONCURRENCY));
}

async function askScope(
  dialogue: Dialogue,
  type: DestinationControls['limitType'],
  apply: DestinationControls['limitApply'],
): Promise<Pick<DestinationControls, 'limitType' | 'limitApply'>> {
  const limitType = await dialogue.choose('Apply the limits to:', LIMIT_TYPES, type);
  return { limitType, limitApply: await dialogue.choose('Apply the limits per:', LIMIT_SCOPES, apply) };
}

function askMessages(dialogue: Dialogue, now: number): Promise<number> {
  const question = 'Enter the number of messages per connection (1 to 1,000).';
  return dialogue.ask(question, String(now), wholeBetween(1, MAX_MESSAGES_PER_CONNECTION));
}

async function askRecipients(
  dialogue: Dialogue,
  limit: number,
  minutes: number,
): Promise<Pick<DestinationControls, 'recipientLimit' | 'recipientMinutes'>> {
  const count = 'Enter the maximum number of recipients (0 to 1,000,000,000; 0 is no limit).';
  const recipientLimit = await dialogue.ask(count, String(limit), wholeBetween(0, MAX_RECIPIENT_LIMIT));
  const time = 'Enter the number of minutes in which they are counted (1 to 60).';
  return {
    recipientLimit,
    recipientMinutes: await dialogue.ask(time, String(minutes), wholeBetween(1, MAX_RECIPIENT_MINUTES)),
  };
}

/** The reminder follows every mode but No (R69). */
async function askTls(dialogue: Dialogue, now: TlsMode): Promise<TlsMode> {
  const mode = await dialogue.choose('Do you want to use TLS support?', TLS_CHOICES, now);
  if (mode !== 'no') await dialogue.say(CERTCONFIG_REMINDER);
  return mode;
}

function askTagging(dialogue: Dialogue, now: boolean): Promise<boolean> {
  return dialogue.yesOrNo('Perform bounce verification address tagging?', now);
}

function askIpPreference(dialogue: Dialogue, now: IpPreference): Promise<IpPreference> {
  return dialogue.choose('Choose the IP sort preference:', IP_CHOICES, now);
}
