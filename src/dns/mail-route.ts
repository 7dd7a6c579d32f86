/**
 * From a mail domain to the hosts that take its mail, in order (RFC 5321 section 5.1, RFC 7505): S-MX-1 to S-MX-9. The
 * types; `resolve-mail-route.ts` finds a route, `targets.ts` walks it.
 */
import type { IpAddress } from '../base/ip-address.ts';
import type { DnsAnswer, DnsFailure, DnsSecurity } from './answer.ts';

/** Something about the route that its owner should know; it does not stop the mail by itself. */
export type RouteRemark =
  | { readonly kind: 'mx-is-alias'; readonly exchange: string; readonly canonicalName: string }
  | { readonly kind: 'mx-is-address-literal'; readonly exchange: string }
  /** `family`: only this one was asked for, so the host may have addresses of the other. */
  | { readonly kind: 'mx-has-no-address'; readonly exchange: string; readonly family?: 4 | 6 | undefined }
  | { readonly kind: 'mx-lookup-failed'; readonly exchange: string; readonly failure: DnsFailure }
  | { readonly kind: 'mx-not-public'; readonly exchange: string; readonly address: string; readonly scope: string }
  | { readonly kind: 'mx-bad-name'; readonly exchange: string }
  | { readonly kind: 'mx-duplicate'; readonly exchange: string }
  | { readonly kind: 'null-mx-among-others' }
  | { readonly kind: 'too-many-hosts'; readonly hosts: number; readonly kept: number }
  | {
      readonly kind: 'too-many-addresses';
      readonly exchange: string;
      readonly addresses: number;
      readonly kept: number;
    }
  | { readonly kind: 'domain-is-alias'; readonly domain: string; readonly canonicalName: string };

export interface MailHost {
  /** The MX host name as published (A-label, lower case), or the text of the address that was given. */
  readonly exchange: string;
  readonly preference: number;
  /** In the order they will be tried. Empty when none could be found: see the remarks. */
  readonly addresses: readonly IpAddress[];
  /** The end of the host's CNAME chain, `exchange` itself where there is none. */
  readonly canonicalName: string;
  /** Weakest security among the address answers used. */
  readonly addressSecurity: DnsSecurity;
}

export type MailRoute =
  | {
      readonly kind: 'route';
      readonly source: 'mx' | 'implicit' | 'given';
      /** By preference ascending; among equals by name for the probe, shuffled for delivery. */
      readonly hosts: readonly MailHost[];
      readonly security: DnsSecurity;
      readonly securityFrom: string | null;
      readonly remarks: readonly RouteRemark[];
      readonly answers: readonly DnsAnswer[];
    }
  | { readonly kind: 'null-mx'; readonly security: DnsSecurity; readonly answers: readonly DnsAnswer[] }
  | { readonly kind: 'no-such-domain'; readonly security: DnsSecurity; readonly answers: readonly DnsAnswer[] }
  /** The domain exists but nothing of it has an address: mail cannot be delivered (S-MX-4). */
  | { readonly kind: 'no-address'; readonly remarks: readonly RouteRemark[]; readonly answers: readonly DnsAnswer[] }
  | { readonly kind: 'dns-failure'; readonly failure: DnsFailure; readonly answers: readonly DnsAnswer[] };
