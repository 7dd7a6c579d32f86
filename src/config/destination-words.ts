/** The keys and values of an exported table (specification 2.a.6), once, for reading and for writing. */
import type { DestinationControls } from '../policy/destination.ts';

export interface WordTable<Value> {
  /** Written first, read in any case; numbers and words mean the same. */
  readonly values: readonly (readonly [value: Value, ...words: string[]])[];
}

function words<Value>(...values: readonly (readonly [value: Value, ...words: string[]])[]): WordTable<Value> {
  return { values };
}

export const IP_PREFERENCE_WORDS = words<DestinationControls['ipPreference']>(
  ['prefer-v6', 'PREFER_V6'],
  ['require-v6', 'REQUIRE_v6'],
  ['prefer-v4', 'PREFER_V4'],
  ['require-v4', 'REQUIRE_v4'],
);

export const LIMIT_TYPE_WORDS = words<DestinationControls['limitType']>(
  ['domain', 'host', '0'],
  ['mx-ip', 'MXIP', '1'],
);

export const LIMIT_APPLY_WORDS = words<DestinationControls['limitApply']>(
  ['system', 'system', '0'],
  ['virtual-gateway', 'VG', '1'],
);

export const SWITCH_WORDS = words<boolean>([false, 'off', '0'], [true, 'on', '1']);

export const TLS_WORDS = words<DestinationControls['tls']>(
  ['no', 'off', '0'],
  ['preferred', 'on', '1'],
  ['required', 'required', '2'],
  ['preferred-verify', 'on_verify', '3'],
  ['required-verify', 'require_verify', '4'],
  ['required-verify-hosted', 'require_verify_hosted', '5'],
);

export const DANE_WORDS = words<DestinationControls['dane']>(
  ['off', 'off'],
  ['opportunistic', 'opportunistic'],
  ['mandatory', 'mandatory'],
);

export const MTA_STS_WORDS = words<DestinationControls['mtaSts']>(['off', 'off', '0'], ['on', 'on', '1']);

export const TLS_VERSION_WORDS = words<DestinationControls['minTlsVersion']>(
  ['TLSv1', 'TLSv1', 'TLSv1.0'],
  ['TLSv1.1', 'TLSv1.1'],
  ['TLSv1.2', 'TLSv1.2'],
  ['TLSv1.3', 'TLSv1.3'],
);

/** The value a word stands for; undefined when it is none of them. */
export function valueFor<Value>({ values }: WordTable<Value>, text: string): Value | undefined {
  return values.find(([, ...spellings]) => spellings.some((each) => each.toLowerCase() === text.toLowerCase()))?.[0];
}

export function wordFor<Value>({ values }: WordTable<Value>, value: Value): string {
  return values.find(([each]) => each === value)?.[1] ?? String(value);
}

/** `host (0), MXIP (1)`. */
export function showWords<Value>({ values }: WordTable<Value>): string {
  return values
    .map(([, first, ...others]) => (others.length === 0 ? first : `${first} (${others.join(', ')})`))
    .join(', ');
}
