/**
 * Finds the mail route of a domain (RFC 5321 section 5.1):
 *
 *   1. the MX records, CNAMEs of the domain followed (S-MX-1); no such domain, null MX and failures end here
 *   2. no MX record at all: the domain itself is the host (S-MX-3)
 *   3. the addresses of every host, both families side by side, a few hosts at a time
 *   4. no host with an address: an error, never a fall-back to the domain's own addresses (S-MX-4)
 */
import type { Domain } from '../base/domain.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { DnsAnswer, DnsFailure } from './answer.ts';
import { type AddressQuestion, findAddresses, type HostAddresses, hostOfAddress } from './host-addresses.ts';
import type { MailRoute, RouteRemark } from './mail-route.ts';
import { type ListedHost, orderMxSet } from './mx-set.ts';

/** Hosts whose addresses are asked for at one time. */
export const DEFAULT_PARALLEL_LOOKUPS = 8;

export interface MailRouteQuestion extends AddressQuestion {
  readonly domain: Domain | IpAddress;
  readonly parallelLookups?: number | undefined;
}

export async function resolveMailRoute(question: MailRouteQuestion): Promise<MailRoute> {
  const { resolver, domain, signal } = question;
  if (typeof domain !== 'string') return givenRoute({ ...question, exchange: domain });
  const mx = await resolver.ask(domain, 'MX', { signal });
  switch (mx.kind) {
    case 'failed':
      return { kind: 'dns-failure', failure: mx.failure, answers: [mx] };
    case 'no-such-name':
      return { kind: 'no-such-domain', security: mx.security, answers: [mx] };
    case 'no-data':
      return implicitRoute(question, domain, mx);
    case 'records': {
      const set = orderMxSet(mx.records.map(({ data }) => data));
      if (set.kind === 'null-mx') return { kind: 'null-mx', security: mx.security, answers: [mx] };
      const found = await findAll(set.hosts, question);
      return routeOf({
        source: 'mx',
        said: mx,
        hosts: found,
        remarks: [...aliasRemarks(domain, mx), ...set.remarks],
        answers: [mx],
      });
    }
  }
}

export interface GivenRouteQuestion extends AddressQuestion {
  /** The server somebody named in place of the MX hosts, or the address literal behind the @. */
  readonly exchange: Domain | IpAddress;
}

/** The route to a server that was named: one host of preference 0. The port is the caller's business. */
export async function givenRoute(question: GivenRouteQuestion): Promise<MailRoute> {
  const { exchange } = question;
  const host = typeof exchange === 'string' ? await findAddresses(exchange, 0, question) : hostOfAddress(exchange);
  return routeOf({
    source: 'given',
    said: { security: 'indeterminate', securityFrom: null },
    hosts: [host],
    remarks: [],
    answers: [],
  });
}

type Silent = Extract<DnsAnswer<'MX'>, { kind: 'no-data' }>;

/** RFC 5321 5.1: the name at the end of the domain's CNAME chain is treated as its own MX, preference 0. */
async function implicitRoute(question: MailRouteQuestion, domain: Domain, mx: Silent): Promise<MailRoute> {
  const set = orderMxSet([{ preference: 0, exchange: mx.canonicalName }]);
  const hosts = set.kind === 'hosts' ? await findAll(set.hosts, question) : [];
  return routeOf({ source: 'implicit', said: mx, hosts, remarks: aliasRemarks(domain, mx), answers: [mx] });
}

function aliasRemarks(
  domain: Domain,
  { canonicalName, aliases }: Pick<Silent, 'canonicalName' | 'aliases'>,
): RouteRemark[] {
  return aliases.length > 0 ? [{ kind: 'domain-is-alias', domain, canonicalName }] : [];
}

interface FoundRoute {
  readonly source: 'mx' | 'implicit' | 'given';
  readonly said: Pick<DnsAnswer, 'security' | 'securityFrom'>;
  readonly hosts: readonly HostAddresses[];
  readonly remarks: readonly RouteRemark[];
  readonly answers: readonly DnsAnswer[];
}

function routeOf(found: FoundRoute): MailRoute {
  const { source, said, hosts } = found;
  const remarks = [...found.remarks, ...hosts.flatMap((host) => host.remarks)];
  const answers = [...found.answers, ...hosts.flatMap((host) => host.answers)];
  if (hosts.some(({ host }) => host.addresses.length > 0)) {
    const { security, securityFrom } = said;
    return { kind: 'route', source, hosts: hosts.map(({ host }) => host), security, securityFrom, remarks, answers };
  }
  // A host that could not be looked up may have addresses: only time will tell (S-MX-3).
  const failure = hosts.map((host) => host.failure).find((one): one is DnsFailure => one !== null);
  return failure === undefined ? { kind: 'no-address', remarks, answers } : { kind: 'dns-failure', failure, answers };
}

async function findAll(listed: readonly ListedHost[], question: MailRouteQuestion): Promise<HostAddresses[]> {
  const found = new Map<ListedHost, HostAddresses>();
  const queue = listed.values();
  const work = async (): Promise<void> => {
    for (const host of queue) {
      const { preference, lookup } = host;
      found.set(host, lookup === null ? unusable(host) : await findAddresses(lookup, preference, question));
    }
  };
  await Promise.all(Array.from({ length: question.parallelLookups ?? DEFAULT_PARALLEL_LOOKUPS }, work));
  return listed.flatMap((host) => found.get(host) ?? []);
}

/** Kept in the list, so that its owner sees it, with nothing to connect to. */
function unusable({ exchange, preference }: ListedHost): HostAddresses {
  const host = {
    exchange,
    preference,
    addresses: [],
    canonicalName: exchange,
    addressSecurity: 'indeterminate',
  } as const;
  return { host, remarks: [], answers: [], failure: null };
}
