/**
 * The order in which the addresses of a route are tried: one generator for the probe, which walks it to the end, and for
 * delivery, which stops at the first host that serves.
 */
import type { IpAddress } from '../base/ip-address.ts';
import { type Random, shuffled } from '../base/random.ts';
import type { MailHost } from './mail-route.ts';

/** Among equals: as the route lists them, or at random (RFC 5321 5.1: to spread the load, S-MX-2). */
export type TargetOrder = { readonly kind: 'listed' } | { readonly kind: 'shuffled'; readonly random: Random };

export interface Target {
  readonly host: MailHost;
  readonly address: IpAddress;
}

/** Every address of every host, by preference; when shuffled, families keep their order and addresses within one do not. */
export function* targetsOf(route: { readonly hosts: readonly MailHost[] }, order: TargetOrder): Generator<Target> {
  for (const equals of groupedBy(route.hosts, (host) => host.preference)) {
    for (const host of order.kind === 'listed' ? equals : shuffled(equals, order.random)) {
      for (const family of groupedBy(host.addresses, (address) => address.family)) {
        for (const address of order.kind === 'listed' ? family : shuffled(family, order.random))
          yield { host, address };
      }
    }
  }
}

export type WithoutSelf =
  | { readonly kind: 'kept'; readonly hosts: readonly MailHost[] }
  /** We are the most preferred host ourselves: the mail would come back to us. */
  | { readonly kind: 'loop' };

/**
 * RFC 5321 5.1: where one of the hosts is ourselves, it and every host of the same or a higher preference value are
 * dropped (S-MX-8).
 */
export function dropSelf(hosts: readonly MailHost[], isSelf: (host: MailHost) => boolean): WithoutSelf {
  const limit = Math.min(...hosts.filter(isSelf).map((host) => host.preference));
  const kept = hosts.filter((host) => host.preference < limit);
  return kept.length === 0 && hosts.length > 0 ? { kind: 'loop' } : { kind: 'kept', hosts: kept };
}

/** Runs of neighbours with the same key, in order. */
function groupedBy<Item>(items: readonly Item[], keyOf: (item: Item) => number): Item[][] {
  const groups: Item[][] = [];
  let last: number | null = null;
  for (const item of items) {
    const key = keyOf(item);
    if (key !== last) groups.push([]);
    groups.at(-1)?.push(item);
    last = key;
  }
  return groups;
}
