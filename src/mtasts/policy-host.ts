/**
 * A TLS connection to the policy host of a domain, through the one way out of the house, to an address that the guard
 * permits, with the certificate judged before anything is asked (RFC 8461 section 3.3, S-STS-3): chain, dates, and the name
 * `mta-sts.<domain>` in the SAN. Nothing self-signed is let through, and there is no way to ask for that.
 */
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import type { Deadline } from '../base/deadline.ts';
import type { IpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { type AddressesFailure, permittedAddresses } from '../dns/permitted-addresses.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { ConnectFailure, Net } from '../net/net.ts';
import type { ChainProblem, ChainVerdict } from '../pki/chain-verdict.ts';
import { matchesDnsName } from '../pki/dns-name.ts';
import { judgeChain, MAX_CHAIN_CERTIFICATES } from '../pki/judge-chain.ts';
import type { TrustAnchors } from '../pki/trust-anchors.ts';

export interface PolicyHostWorld {
  readonly net: Net;
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** Who is trusted; anchors of a CA file are a set among others. */
  readonly anchors: TrustAnchors;
}

export type PolicyHostFailure =
  | AddressesFailure
  | { readonly kind: 'connect'; readonly address: string; readonly failure: ConnectFailure }
  | { readonly kind: 'tls'; readonly address: string; readonly code: string }
  | { readonly kind: 'certificate'; readonly problem: ChainProblem | 'wrong-name'; readonly detail: string }
  /** The time for the whole fetch was over. */
  | { readonly kind: 'timed-out'; readonly afterMs: number }
  | { readonly kind: 'cancelled' };

export interface TriedAddress {
  readonly address: string;
  /** Null for the one that served. */
  readonly failure: PolicyHostFailure | null;
}

export interface PolicyHostTrail {
  readonly tried: readonly TriedAddress[];
  /** What was said of the certificate; null when none was seen. */
  readonly chain: ChainVerdict | null;
}

/** Addresses of the policy host that are tried, IPv4 first, since that works from more places. */
export const MAX_POLICY_ADDRESSES = 4;
/** ms for one address, so that a dead one leaves time for the next. */
export const ADDRESS_TIMEOUT_MS = 10_000;

export interface OpenedPolicyHost {
  readonly outcome: Outcome<TLSSocket, PolicyHostFailure>;
  readonly trail: PolicyHostTrail;
}

/** Looks the host up and connects to its addresses in turn until one serves; a bad certificate ends the search. */
export async function openPolicyHost(
  world: PolicyHostWorld,
  request: { readonly name: string; readonly port: number; readonly deadline: Deadline },
): Promise<OpenedPolicyHost> {
  const { name, port, deadline } = request;
  const found = await permittedAddresses(world, { name, most: MAX_POLICY_ADDRESSES, signal: deadline.signal });
  if (!found.ok) return { outcome: failed(orTimedOut(found.failure, deadline)), trail: { tried: [], chain: null } };
  const tried: TriedAddress[] = [];
  let last: PolicyHostFailure = { kind: 'no-address', name };
  for (const address of found.value) {
    const opened = await openOne(world, { name, address, port, deadline });
    if (opened.outcome.ok) {
      tried.push({ address: address.text, failure: null });
      return { outcome: opened.outcome, trail: { tried, chain: opened.chain } };
    }
    last = orTimedOut(opened.outcome.failure, deadline);
    tried.push({ address: address.text, failure: last });
    if (last.kind === 'certificate' || deadline.signal.aborted) {
      return { outcome: failed(last), trail: { tried, chain: opened.chain } };
    }
  }
  return { outcome: failed(last), trail: { tried, chain: null } };
}

/** What a cut-short wait was: the time being over, or somebody having stopped the run. */
export function orTimedOut<Failure>(
  failure: Failure,
  deadline: Deadline,
): Failure | Extract<PolicyHostFailure, { kind: 'timed-out' | 'cancelled' }> {
  if (deadline.expired()) return { kind: 'timed-out', afterMs: deadline.afterMs };
  return deadline.signal.aborted ? { kind: 'cancelled' } : failure;
}

interface OneAddress {
  readonly name: string;
  readonly address: IpAddress;
  readonly port: number;
  readonly deadline: Deadline;
}

interface OpenedOne {
  readonly outcome: Outcome<TLSSocket, PolicyHostFailure>;
  readonly chain: ChainVerdict | null;
}

async function openOne(world: PolicyHostWorld, request: OneAddress): Promise<OpenedOne> {
  const { name, address, port, deadline } = request;
  const timeoutMs = Math.min(ADDRESS_TIMEOUT_MS, deadline.remainingMs());
  const connected = await world.net.connect({ address, port, timeoutMs, signal: deadline.signal });
  if (!connected.ok) {
    return { outcome: failed({ kind: 'connect', address: address.text, failure: connected.failure }), chain: null };
  }
  const { socket } = connected.value;
  const secured = await new Promise<Outcome<TLSSocket, PolicyHostFailure>>((resolve) => {
    // The verdict on the certificate is ours, made below, with reasons OpenSSL does not give.
    const secure = connectTls({
      socket,
      servername: name,
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      rejectUnauthorized: false,
    });
    const settle = (outcome: Outcome<TLSSocket, PolicyHostFailure>): void => {
      deadline.signal.removeEventListener('abort', onAbort);
      secure.removeListener('error', onError);
      secure.removeListener('close', onClose);
      secure.on('error', () => {});
      resolve(outcome);
    };
    const failWith = (code: string): void => settle(failed({ kind: 'tls', address: address.text, code }));
    const onError = (error: NodeJS.ErrnoException): void => failWith(error.code ?? error.name);
    const onClose = (): void => failWith('ECONNRESET');
    const onAbort = (): void => settle(failed({ kind: 'cancelled' }));
    secure.once('secureConnect', () => settle(succeeded(secure)));
    secure.once('error', onError);
    secure.once('close', onClose);
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    if (deadline.signal.aborted) onAbort();
  });
  if (!secured.ok) {
    socket.destroy();
    return { outcome: secured, chain: null };
  }
  const chain = judgeChain({
    chainAsSent: chainOf(secured.value),
    anchors: world.anchors,
    at: world.clock.now(),
  });
  const fault = certificateFault(chain, name);
  if (fault === null) return { outcome: secured, chain };
  secured.value.destroy();
  return { outcome: failed(fault), chain };
}

function certificateFault(chain: ChainVerdict, name: string): PolicyHostFailure | null {
  if (chain.problem !== null || !chain.trusted) {
    const detail = chain.detail ?? 'no path to a trusted root was found';
    return { kind: 'certificate', problem: chain.problem ?? 'untrusted-root', detail };
  }
  const names = chain.sent[0]?.names ?? [];
  // RFC 8461 3.3: the SAN alone, with wildcards as in RFC 6125.
  if (names.some((presented) => matchesDnsName(presented, name))) return null;
  const shown = names.slice(0, 3).join(', ');
  const rest = names.length > 3 ? ` and ${names.length - 3} more` : '';
  const whose = names.length === 0 ? 'names no host' : `is for ${shown}${rest}`;
  return { kind: 'certificate', problem: 'wrong-name', detail: `the certificate ${whose}, not for ${name}` };
}

/** The chain as sent, wire order; one more than are looked at is enough to say that there are too many. */
function chainOf(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && chain.length <= MAX_CHAIN_CERTIFICATES) {
    chain.push(next.raw);
    next = next.issuerCertificate;
  }
  return chain;
}
