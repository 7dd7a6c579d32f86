/**
 * The addresses of one mail host: A and AAAA asked side by side, so that one broken family does not sink the other
 * (S-MX-9, S-MX-10), in a stable order.
 */
import type { Domain } from '../base/domain.ts';
import { addressScope, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import type { DnsAnswer, DnsFailure } from './answer.ts';
import type { MailHost, RouteRemark } from './mail-route.ts';
import type { Resolver } from './resolver.ts';
import { weakestSecurity } from './security.ts';

/** Addresses of one host that are used; the first in order are kept. */
export const MAX_ADDRESSES_PER_HOST = 16;

/** Which families are asked for at all (`-4`, `-6`). */
export type Families = '4' | '6' | 'any';

/** Which family goes first, or alone. `default` is `prefer-v6`. */
export type IpPreference = 'default' | 'prefer-v6' | 'require-v6' | 'prefer-v4' | 'require-v4';

export interface AddressQuestion {
  readonly resolver: Resolver;
  readonly families: Families;
  readonly ipPreference: IpPreference;
  readonly signal?: AbortSignal | undefined;
}

export interface HostAddresses {
  readonly host: MailHost;
  readonly remarks: readonly RouteRemark[];
  readonly answers: readonly DnsAnswer[];
  /** Set when there is no address because nobody could tell: not the same as there being none. */
  readonly failure: DnsFailure | null;
}

export async function findAddresses(
  exchange: Domain,
  preference: number,
  question: AddressQuestion,
): Promise<HostAddresses> {
  const { resolver, signal } = question;
  const families = familiesInOrder(question);
  const asked = await Promise.all(
    families.map((family) => resolver.ask(exchange, family === 4 ? 'A' : 'AAAA', { signal })),
  );
  const found = asked.flatMap((answer) => (answer.kind === 'records' ? [answer] : []));
  const all = found.flatMap((answer) => sorted(answer.records.flatMap(({ data }) => parseIpAddress(data) ?? [])));
  const addresses = all.slice(0, MAX_ADDRESSES_PER_HOST);
  const failures = asked.flatMap((answer) => (answer.kind === 'failed' ? [answer.failure] : []));
  const failure = failures[0] ?? null;
  const canonicalName = aliasOf(asked) ?? exchange;
  const remarks: RouteRemark[] = [];
  if (canonicalName !== exchange) remarks.push({ kind: 'mx-is-alias', exchange, canonicalName });
  if (failure !== null) remarks.push({ kind: 'mx-lookup-failed', exchange, failure });
  else if (addresses.length === 0) {
    const [family] = families;
    remarks.push({ kind: 'mx-has-no-address', exchange, ...(families.length === 1 ? { family } : {}) });
  }
  if (all.length > addresses.length) {
    remarks.push({ kind: 'too-many-addresses', exchange, addresses: all.length, kept: addresses.length });
  }
  remarks.push(...scopeRemarks(exchange, addresses));
  const addressSecurity = weakestSecurity((found.length > 0 ? found : asked).map(({ security }) => security));
  return {
    host: { exchange, preference, addresses, canonicalName, addressSecurity },
    remarks,
    answers: asked,
    failure: addresses.length === 0 ? failure : null,
  };
}

/** A host that is an address already: nothing to ask. Its text, without brackets, stands where others have a name. */
export function hostOfAddress(address: IpAddress): HostAddresses {
  const exchange = address.text;
  return {
    host: { exchange, preference: 0, addresses: [address], canonicalName: exchange, addressSecurity: 'indeterminate' },
    remarks: scopeRemarks(exchange, [address]),
    answers: [],
    failure: null,
  };
}

/** The families that may be used, the preferred one first. */
export function familiesInOrder({
  families,
  ipPreference,
}: Pick<AddressQuestion, 'families' | 'ipPreference'>): (4 | 6)[] {
  const order: (4 | 6)[] = ipPreference === 'prefer-v4' || ipPreference === 'require-v4' ? [4, 6] : [6, 4];
  const wanted = ipPreference === 'require-v4' ? '4' : ipPreference === 'require-v6' ? '6' : 'any';
  return order.filter((family) => [families, wanted].every((allowed) => allowed === 'any' || allowed === `${family}`));
}

/** By number, duplicates once: the order in which two runs agree. */
function sorted(addresses: readonly IpAddress[]): IpAddress[] {
  const byNumber = new Map(addresses.map((address) => [numberOf(address), address]));
  return [...byNumber].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address);
}

function numberOf(address: IpAddress): string {
  if (address.family === 4)
    return address.text
      .split('.')
      .map((part) => part.padStart(3, '0'))
      .join('.');
  const [head = '', tail] = address.text.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map((group) => group.padStart(4, '0')).join(':');
}

function aliasOf(answers: readonly DnsAnswer[]): string | null {
  for (const answer of answers) {
    if (answer.kind !== 'failed' && answer.aliases.length > 0) return answer.canonicalName;
  }
  return null;
}

function scopeRemarks(exchange: string, addresses: readonly IpAddress[]): RouteRemark[] {
  return addresses.flatMap((address) => {
    const scope = addressScope(address);
    return scope === 'global' ? [] : [{ kind: 'mx-not-public' as const, exchange, address: address.text, scope }];
  });
}
