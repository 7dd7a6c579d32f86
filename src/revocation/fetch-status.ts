/**
 * Asking OCSP responders and fetching lists of revoked certificates over HTTP (RFC 6960 appendix A, RFC 5280 4.2.1.13),
 * through the one way out of the house: to addresses that the guard permits, bounded in size and time, redirected nowhere.
 * Answers that count are kept as long as they count, failures for a minute, and who wants the same at the same time waits
 * for one answer.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { type Deadline, startDeadline } from '../base/deadline.ts';
import { type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { describeDnsFailure } from '../dns/answer.ts';
import { type AddressesFailure, permittedAddresses } from '../dns/permitted-addresses.ts';
import type { Resolver } from '../dns/resolver.ts';
import { createSingleFlight } from '../dns/single-flight.ts';
import { httpErrorCode, requestOnce } from '../net/http-once.ts';
import { describeConnectFailure, type Net } from '../net/net.ts';
import { MAX_CRL_OCTETS } from '../pki/crl.ts';
import { MAX_STAPLE_OCTETS } from '../pki/revocation.ts';
import type { StatusAnswer, StatusRequest, StatusSource } from './status.ts';

export interface StatusWorld {
  readonly net: Net;
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** ms for one answer, look-up included. */
  readonly timeoutMs?: number | undefined;
}

/** A mail server waits meanwhile: long enough for a slow responder, short enough for a patient peer. */
export const STATUS_TIMEOUT_MS = 5_000;
/** Addresses of one place that are tried. */
export const MAX_STATUS_ADDRESSES = 2;
/** A place that failed is left alone for this long, ms. */
export const FAILURE_KEPT_MS = 60_000;
/** Answers kept, and octets of all of them together. */
export const MAX_KEPT_ANSWERS = 500;
export const MAX_KEPT_OCTETS = 32 * 1024 * 1024;

interface Kept {
  readonly answer: StatusAnswer;
  readonly until: number;
}

export function createStatusSource(world: StatusWorld): StatusSource {
  const kept = new Map<string, Kept>();
  const flights = createSingleFlight<StatusAnswer>();
  const forget = (key: string): void => void kept.delete(key);
  const keep = (key: string, entry: Kept): void => {
    forget(key);
    kept.set(key, entry);
    let octets = [...kept.values()].reduce((sum, { answer }) => sum + sizeOf(answer), 0);
    for (const [oldest, { answer }] of kept) {
      if (kept.size <= MAX_KEPT_ANSWERS && octets <= MAX_KEPT_OCTETS) return;
      octets -= sizeOf(answer);
      forget(oldest);
    }
  };
  return {
    async fetch(request, signal) {
      const key = keyOf(request);
      const known = kept.get(key);
      if (known !== undefined && known.until > world.clock.now()) return known.answer;
      forget(key);
      const answer = await flights.join(key, (flying) => ask(world, request, flying), signal);
      if (answer === null) return { kind: 'failed', why: 'was not asked to the end: the run was stopped' };
      if (answer.kind === 'failed') keep(key, { answer, until: world.clock.now() + FAILURE_KEPT_MS });
      return answer;
    },
    keep: (request, answer, until) => keep(keyOf(request), { answer, until }),
  };
}

function keyOf({ url, body }: StatusRequest): string {
  return `${url} ${body?.toString('base64') ?? ''}`;
}

function sizeOf(answer: StatusAnswer): number {
  return answer.kind === 'octets' ? answer.octets.length : 0;
}

async function ask(world: StatusWorld, request: StatusRequest, signal: AbortSignal): Promise<StatusAnswer> {
  const deadline = startDeadline(world.clock, world.timeoutMs ?? STATUS_TIMEOUT_MS, signal);
  try {
    const url = new URL(request.url);
    const opened = await open(world, url, deadline);
    const answer = opened.ok ? await exchange(opened.value, { url, request, deadline }) : opened;
    if (answer.ok) return { kind: 'octets', octets: answer.value };
    const late = deadline.expired() ? `did not answer within ${deadline.afterMs / 1000} s` : null;
    return { kind: 'failed', why: late ?? answer.failure };
  } finally {
    deadline.dispose();
  }
}

async function open(world: StatusWorld, url: URL, deadline: Deadline): Promise<Outcome<Socket, string>> {
  const found = await addressesOf(world, url.hostname, deadline.signal);
  if (!found.ok) return found;
  let last = 'has no address';
  for (const address of found.value) {
    const port = url.port === '' ? 80 : Number(url.port);
    const timeoutMs = deadline.remainingMs();
    const connected = await world.net.connect({ address, port, timeoutMs, signal: deadline.signal });
    if (connected.ok) return succeeded(connected.value.socket);
    last = `cannot be reached at ${address.text}: ${describeConnectFailure(connected.failure)}`;
  }
  return failed(last);
}

async function addressesOf(
  { net, resolver }: StatusWorld,
  host: string,
  signal: AbortSignal,
): Promise<Outcome<readonly IpAddress[], string>> {
  const literal = parseIpAddress(host.replace(/^\[|\]$/g, ''));
  // The guard looks at it when it is connected to.
  if (literal !== null) return succeeded([literal]);
  const found = await permittedAddresses({ net, resolver }, { name: host, most: MAX_STATUS_ADDRESSES, signal });
  return found.ok ? found : failed(describeAddresses(found.failure));
}

function describeAddresses(failure: AddressesFailure): string {
  switch (failure.kind) {
    case 'dns':
      return `could not be looked up: ${describeDnsFailure(failure.failure)}`;
    case 'no-address':
      return 'has no address';
    case 'not-permitted':
      return `has the ${failure.scope} address ${failure.address}, and connecting to such addresses is not allowed here`;
  }
}

interface Exchange {
  readonly url: URL;
  readonly request: StatusRequest;
  readonly deadline: Deadline;
}

async function exchange(socket: Socket, { url, request, deadline }: Exchange): Promise<Outcome<Buffer, string>> {
  const { kind, body } = request;
  const most = kind === 'ocsp' ? MAX_STAPLE_OCTETS : MAX_CRL_OCTETS;
  const accept = kind === 'ocsp' ? 'application/ocsp-response' : 'application/pkix-crl';
  const headers = { accept, ...(body === null ? {} : { 'content-type': 'application/ocsp-request' }) };
  const { signal } = deadline;
  try {
    return await requestOnce(
      socket,
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: body === null ? 'GET' : 'POST',
        headers,
        body: body ?? undefined,
        signal,
      },
      async (answer) => {
        if (answer.status >= 300 && answer.status <= 399)
          return failed(`redirects (status ${answer.status}), and nobody is followed elsewhere`);
        if (answer.status !== 200) return failed(`answered with status ${answer.status}`);
        return readBounded(answer.body, most);
      },
    );
  } catch (error) {
    return failed(`broke the exchange off (${httpErrorCode(error)})`);
  }
}

async function readBounded(body: AsyncIterable<Buffer>, most: number): Promise<Outcome<Buffer, string>> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of body) {
    octets += chunk.length;
    if (octets > most) return failed(`sent more than ${most} octets`);
    chunks.push(chunk);
  }
  return succeeded(Buffer.concat(chunks));
}
