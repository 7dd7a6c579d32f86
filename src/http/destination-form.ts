/** The form of a destination (specification 2.a.1, R75): its fields in their order, and back to an entry. Pure. */

import { parseDomain, showDomain } from '../base/domain.ts';
import { MAX_CONCURRENCY, MAX_MESSAGES_PER_CONNECTION, MIN_TLS_VERSIONS } from '../config/destination-schema.ts';
import { type DestinationControls, IP_PREFERENCES } from '../policy/destination.ts';
import { showTlsMode, TLS_MODES, type TlsMode } from '../policy/mode.ts';
import { showCount } from './dates.ts';
import { listIn, textIn } from './desk.ts';
import type { MessageKey, Say } from './languages.ts';

/** As it is shown and as it was typed. */
export type FormValues = Readonly<Record<string, string>>;

type Controls = Readonly<Record<keyof DestinationControls, unknown>>;

export const MODE_WORDS: Readonly<Record<TlsMode, MessageKey>> = {
  no: 'mdNo',
  preferred: 'mdPreferred',
  required: 'mdRequired',
  'preferred-verify': 'mdPreferredVerify',
  'required-verify': 'mdRequiredVerify',
  'required-verify-hosted': 'mdRequiredVerifyHosted',
};

/** The fields in the order of the form, with what they are called. */
export const FIELD_WORDS = [
  ['ipPreference', 'dsIp'],
  ['maxConcurrency', 'dsConcurrent'],
  ['maxMessagesPerConnection', 'dsMessages'],
  ['recipientLimit', 'dsRecipients'],
  ['limitType', 'dsApplyDestination'],
  ['limitApply', 'dsApplyHost'],
  ['tls', 'dsTls'],
  ['bounceVerification', 'dsTagging'],
  ['bounceProfile', 'dsProfile'],
  ['dane', 'dsDane'],
  ['mtaSts', 'dsMtaSts'],
  ['minTlsVersion', 'dsMinTls'],
  ['strictCn', 'dsStrictCn'],
] as const satisfies readonly (readonly [keyof DestinationControls, MessageKey])[];

const IP_WORDS: Readonly<Record<string, string>> = {
  'prefer-v6': 'Prefer IPv6',
  'require-v6': 'Require IPv6',
  'prefer-v4': 'Prefer IPv4',
  'require-v4': 'Require IPv4',
};

/** One field as people read it. */
export function showControl(field: string, value: unknown, say: Say): string {
  switch (field) {
    case 'tls':
      return TLS_MODES.some((mode) => mode === value) ? showTlsMode(value as TlsMode) : String(value);
    case 'ipPreference':
      return IP_WORDS[String(value)] ?? String(value);
    case 'limitType':
      return say(value === 'mx-ip' ? 'dsMxIp' : 'dsDomain');
    case 'limitApply':
      return say(value === 'virtual-gateway' ? 'dsGateway' : 'dsSystem');
    case 'bounceVerification':
    case 'strictCn':
      return say(value === true ? 'opYes' : 'opNo');
    case 'mtaSts':
    case 'dane':
      return value === 'on' ? say('opOn') : value === 'off' ? say('opOff') : String(value);
    default:
      return typeof value === 'number' ? showCount(value, say.language) : String(value);
  }
}

export function showRecipients(limit: unknown, minutes: unknown, say: Say): string {
  if (typeof limit !== 'number' || limit === 0) return say('dsNoLimit');
  return `${showCount(limit, say.language)} ${say('dsRecipientsPer')} ${String(minutes)} ${say('dsMinutes')}`;
}

/** Domains as people write them; what is none stays as it is. */
export function shownName(name: string): string {
  const dotted = name.startsWith('.') ? '.' : '';
  const bare = name.slice(dotted.length);
  return parseDomain(bare).ok ? `${dotted}${showDomain(bare)}` : name;
}

/** What the form shows of an entry, or of the default entry. */
export function valuesOf(row: Controls, preset: Controls): FormValues {
  const numeric = (field: 'maxConcurrency' | 'maxMessagesPerConnection' | 'recipientLimit'): FormValues => ({
    [`${field}-use`]: row[field] === 'default' ? 'default' : 'own',
    [field]: String(row[field] === 'default' ? preset[field] : row[field]),
  });
  const rest = Object.entries(row).map(([field, value]) => [field, String(value)] as const);
  return {
    ...Object.fromEntries(rest),
    ...numeric('maxConcurrency'),
    ...numeric('maxMessagesPerConnection'),
    ...numeric('recipientLimit'),
    recipientMinutes: String(row.recipientMinutes === 'default' ? preset.recipientMinutes : row.recipientMinutes),
  };
}

/** What was typed, to be shown again when it was refused. */
export function typedIn(body: unknown): FormValues {
  const names = [
    'domain',
    ...Object.keys(CHOICES),
    ...NUMBERS.flatMap((field) => [field, `${field}-use`]),
    'recipientMinutes',
  ];
  return Object.fromEntries(names.map((name) => [name, textIn(body, name).slice(0, 1_000)]));
}

const NUMBERS = ['maxConcurrency', 'maxMessagesPerConnection', 'recipientLimit'] as const;

/** Fields with a fixed choice; what is none of them is handed on, and refused with what may stand there. */
const CHOICES: Readonly<Record<string, 'text' | 'switch'>> = {
  ipPreference: 'text',
  limitType: 'text',
  limitApply: 'text',
  tls: 'text',
  dane: 'text',
  mtaSts: 'text',
  minTlsVersion: 'text',
  strictCn: 'switch',
  bounceVerification: 'switch',
  bounceProfile: 'text',
};

/** The fields of an entry, or of the default entry, as the document takes them. */
export function controlsIn(body: unknown): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const [field, kind] of Object.entries(CHOICES)) {
    const text = listIn(body, field).at(-1);
    if (text !== undefined) fields[field] = kind === 'switch' && text !== 'default' ? switchOf(text) : text;
  }
  for (const field of NUMBERS) {
    if (textIn(body, `${field}-use`) === 'default') fields[field] = 'default';
    else if (textIn(body, field) !== '' || textIn(body, `${field}-use`) === 'own')
      fields[field] = wholeOf(textIn(body, field));
  }
  const minutes = textIn(body, 'recipientMinutes');
  if (fields['recipientLimit'] === 'default') fields['recipientMinutes'] = 'default';
  else if (minutes !== '') fields['recipientMinutes'] = wholeOf(minutes);
  return fields;
}

/** What is no whole number stays a text, which the document refuses with the range. */
export function wholeOf(text: string): number | string {
  const bare = text.trim().replace(/,(?=\d{3}\b)/g, '');
  return /^\d{1,15}$/.test(bare) ? Number(bare) : text;
}

function switchOf(text: string): boolean | string {
  return text === 'true' ? true : text === 'false' ? false : text;
}

export interface DestinationFormOptions {
  readonly modes: readonly {
    readonly value: string;
    readonly name: string;
    readonly words: string;
    readonly outcome: string;
  }[];
  readonly choices: Readonly<Record<string, readonly { readonly value: string; readonly name: string }[]>>;
  readonly presets: Readonly<Record<string, string>>;
  readonly most: { readonly maxConcurrency: number; readonly maxMessagesPerConnection: number };
}

/** What may be chosen. `preset`: the default entry; null where the form is the one of the default entry itself. */
export function optionsOf(
  preset: Controls | null,
  profiles: readonly string[],
  outcomes: Partial<Record<TlsMode, string>>,
  say: Say,
): DestinationFormOptions {
  const asDefault = (field: keyof DestinationControls): { readonly value: string; readonly name: string }[] =>
    preset === null
      ? []
      : [{ value: 'default', name: say('opUseDefault', { value: showControl(field, preset[field], say) }) }];
  const choice = (field: keyof DestinationControls, values: readonly unknown[]) => [
    ...asDefault(field),
    ...values.map((value) => ({ value: String(value), name: showControl(field, value, say) })),
  ];
  const mode = (value: TlsMode) => ({
    value,
    name: showTlsMode(value),
    words: say(MODE_WORDS[value]),
    outcome: outcomes[value] ?? '',
  });
  const presetMode = preset === null ? null : (preset.tls as TlsMode);
  return {
    modes: [
      ...(presetMode === null
        ? []
        : [
            {
              value: 'default',
              name: say('opUseDefault', { value: showTlsMode(presetMode) }),
              words: say('mdDefault'),
              outcome: outcomes[presetMode] ?? '',
            },
          ]),
      ...TLS_MODES.map(mode),
    ],
    choices: {
      ipPreference: choice('ipPreference', IP_PREFERENCES),
      limitType: choice('limitType', ['domain', 'mx-ip']),
      limitApply: choice('limitApply', ['system', 'virtual-gateway']),
      dane: choice('dane', ['off', 'opportunistic', 'mandatory']),
      mtaSts: choice('mtaSts', ['off', 'on']),
      minTlsVersion: choice('minTlsVersion', MIN_TLS_VERSIONS),
      strictCn: choice('strictCn', [false, true]),
      bounceVerification: choice('bounceVerification', [false, true]),
      bounceProfile: preset === null ? choice('bounceProfile', ['Default']) : choice('bounceProfile', profiles),
    },
    presets:
      preset === null
        ? {}
        : {
            maxConcurrency: showControl('maxConcurrency', preset.maxConcurrency, say),
            maxMessagesPerConnection: showControl('maxMessagesPerConnection', preset.maxMessagesPerConnection, say),
            recipientLimit: showRecipients(preset.recipientLimit, preset.recipientMinutes, say),
          },
    most: { maxConcurrency: MAX_CONCURRENCY, maxMessagesPerConnection: MAX_MESSAGES_PER_CONNECTION },
  };
}
