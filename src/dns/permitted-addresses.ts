/** The addresses of a host that is no mail server, as a policy host or an OCSP responder is: those the guard permits. */
import { type AddressScope, addressScope, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { Net } from '../net/net.ts';
import type { DnsFailure } from './answer.ts';
import type { Resolver } from './resolver.ts';

export type AddressesFailure =
  | { readonly kind: 'dns'; readonly name: string; readonly failure: DnsFailure }
  | { readonly kind: 'no-address'; readonly name: string }
  /** The guard forbids every address of the host; nothing was sent. */
  | { readonly kind: 'not-permitted'; readonly address: string; readonly scope: AddressScope };

/**
 * At most `most` of them, IPv4 first, since that works from more places. Addresses of one family are enough; a failed
 * look-up counts only when the other family gave nothing.
 */
export async function permittedAddresses(
  { net, resolver }: { readonly net: Net; readonly resolver: Resolver },
  { name, most, signal }: { readonly name: string; readonly most: number; readonly signal: AbortSignal },
): Promise<Outcome<readonly IpAddress[], AddressesFailure>> {
  const answers = await Promise.all([resolver.ask(name, 'A', { signal }), resolver.ask(name, 'AAAA', { signal })]);
  const addresses: IpAddress[] = [];
  for (const answer of answers) {
    if (answer.kind !== 'records') continue;
    for (const { data } of answer.records) {
      const address = parseIpAddress(data);
      if (address !== null) addresses.push(address);
    }
  }
  const permitted = addresses.filter((address) => net.permits(address));
  if (permitted.length > 0) return succeeded(permitted.slice(0, most));
  const [forbidden] = addresses;
  if (forbidden !== undefined) {
    return failed({ kind: 'not-permitted', address: forbidden.text, scope: addressScope(forbidden) });
  }
  for (const answer of answers) {
    if (answer.kind === 'failed') return failed({ kind: 'dns', name, failure: answer.failure });
  }
  return failed({ kind: 'no-address', name });
}
