/**
 * The three-way check (R103): for connections that others can verify, the MX host name, the name in the certificate and
 * the host name of the interface must be one. The MX names are those the DNS says now.
 */
import type { Clock } from '../base/clock.ts';
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { orderMxSet } from '../dns/mx-set.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { Certificate } from '../pki/certificate.ts';
import { fits, type OwnName } from './certificate-views.ts';

/** ms for all that is asked for one check. */
const PATIENCE_MS = 15_000;
/** Domains of one check. */
export const MAX_CHECKED_DOMAINS = 10;

export interface Lookups {
  /** Host names of the MX set, the most preferred first; the failure is the end of a sentence. */
  mxNames(domain: string): Promise<Outcome<readonly string[], string>>;
  /** TXT records, each whole; none where there is no such name. */
  texts(name: string): Promise<Outcome<readonly string[], string>>;
}

export interface CheckedName {
  readonly name: string;
  /** Of the interface, or the domain whose MX it is. */
  readonly from: string | null;
  readonly fits: boolean;
}

export interface NameCheck {
  readonly interfaces: readonly CheckedName[];
  readonly mx: readonly CheckedName[];
  /** Interfaces whose host name is no MX name of any of the domains. */
  readonly notAmongMx: readonly string[];
  readonly unanswered: readonly { readonly domain: string; readonly why: string }[];
  /** All three agree; null where there is nothing to compare with. */
  readonly agrees: boolean | null;
}

export async function checkNames(
  leaf: Certificate,
  own: readonly OwnName[],
  domains: readonly string[],
  lookups: Pick<Lookups, 'mxNames'>,
): Promise<NameCheck> {
  const interfaces = own.map(({ name, from }) => ({ name, from, fits: fits(leaf, name) }));
  const mx: CheckedName[] = [];
  const unanswered: { domain: string; why: string }[] = [];
  const asked = [...new Set(domains)].slice(0, MAX_CHECKED_DOMAINS);
  for (const [index, answer] of (await Promise.all(asked.map((domain) => lookups.mxNames(domain)))).entries()) {
    const domain = asked[index] ?? '';
    if (answer.ok) mx.push(...answer.value.map((name) => ({ name, from: domain, fits: fits(leaf, name) })));
    else unanswered.push({ domain, why: answer.failure });
  }
  const names = new Set(mx.map(({ name }) => name));
  const notAmongMx = mx.length === 0 ? [] : interfaces.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  const all = [...interfaces, ...mx];
  const agrees = all.length === 0 ? null : all.every((each) => each.fits) && notAmongMx.length === 0;
  return { interfaces, mx, notAmongMx, unanswered, agrees };
}

export function createLookups(resolver: Resolver, clock: Clock): Lookups {
  const asking = async <Answer>(ask: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> => {
    const stop = new AbortController();
    const cancel = clock.setTimer(PATIENCE_MS, () => stop.abort());
    try {
      return await ask(stop.signal);
    } finally {
      cancel();
    }
  };
  return {
    mxNames: async (text) => {
      const domain = parseDomain(text);
      if (!domain.ok) return failed(describeDomainFault(domain.failure));
      const answer = await asking((signal) => resolver.ask(domain.value, 'MX', { signal }));
      if (answer.kind === 'failed') return failed('the name servers did not answer');
      if (answer.kind === 'no-such-name') return failed('there is no such domain');
      // RFC 5321 5.1: without any MX the domain is its own host.
      if (answer.kind === 'no-data') return succeeded([domain.value]);
      const set = orderMxSet(answer.records.map(({ data }) => data));
      return set.kind === 'null-mx'
        ? failed('the domain takes no mail (null MX)')
        : succeeded(set.hosts.map(({ exchange }) => exchange));
    },
    texts: async (name) => {
      const answer = await asking((signal) => resolver.ask(name, 'TXT', { signal }));
      if (answer.kind === 'failed') return failed('the name servers did not answer');
      if (answer.kind !== 'records') return succeeded([]);
      return succeeded(answer.records.map(({ data }) => Buffer.concat([...data]).toString('latin1')));
    },
  };
}
