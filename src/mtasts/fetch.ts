/**
 * Fetching the policy of a domain (RFC 8461 section 3.3): one GET over HTTPS, no redirects, no cache, bounded in size and
 * time (S-STS-3 to S-STS-6). The one socket comes from `policy-host.ts`, the request from `https-once.ts`.
 */
import type { TLSSocket } from 'node:tls';
import { type Deadline, startDeadline } from '../base/deadline.ts';
import type { AddressScope } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { describeDnsFailure } from '../dns/answer.ts';
import { httpErrorCode, requestOnce } from '../net/http-once.ts';
import { describeConnectFailure } from '../net/net.ts';
import { describePolicyFault, MAX_POLICY_OCTETS } from './policy.ts';
import {
  openPolicyHost,
  orTimedOut,
  type PolicyHostFailure,
  type PolicyHostTrail,
  type PolicyHostWorld,
} from './policy-host.ts';
import {
  type JudgedResponse,
  judgeResponse,
  type PolicyResponse,
  type ResponseFailure,
  responseFault,
} from './response.ts';

export type FetchFailure =
  | PolicyHostFailure
  | ResponseFailure
  | { readonly kind: 'too-large'; readonly limit: number }
  /** The connection broke, or what came over it is not HTTP. */
  | { readonly kind: 'http'; readonly code: string };

export interface PolicyFetch {
  readonly url: string;
  readonly outcome: Outcome<JudgedResponse, FetchFailure>;
  readonly trail: PolicyHostTrail;
  /** ms. */
  readonly ms: number;
}

export interface PolicyFetchOptions extends PolicyHostWorld {
  /** 443 unless a test bed says otherwise. */
  readonly port?: number | undefined;
  /** ms for everything together, look-up included. */
  readonly timeoutMs?: number | undefined;
}

export type FetchPolicy = (domain: string, signal?: AbortSignal) => Promise<PolicyFetch>;

/** RFC 8461 3.3 suggests one minute. */
export const POLICY_TIMEOUT_MS = 60_000;
export const HTTPS_PORT = 443;

export const POLICY_PATH = '/.well-known/mta-sts.txt';

/** The host whose certificate has to be valid for this very name. */
export function policyHostName(domain: string): string {
  return `mta-sts.${domain}`;
}

export function createPolicyFetcher(options: PolicyFetchOptions): FetchPolicy {
  const port = options.port ?? HTTPS_PORT;
  return async (domain, signal) => {
    const name = policyHostName(domain);
    const origin = port === HTTPS_PORT ? `https://${name}` : `https://${name}:${port}`;
    const startedAt = options.clock.monotonic();
    const deadline = startDeadline(options.clock, options.timeoutMs ?? POLICY_TIMEOUT_MS, signal);
    try {
      const { outcome, trail } = await openPolicyHost(options, { name, port, deadline });
      const judged = outcome.ok ? await get(outcome.value, origin, deadline) : outcome;
      return { url: `${origin}${POLICY_PATH}`, outcome: judged, trail, ms: options.clock.monotonic() - startedAt };
    } finally {
      deadline.dispose();
    }
  };
}

async function get(
  socket: TLSSocket,
  origin: string,
  deadline: Deadline,
): Promise<Outcome<JudgedResponse, FetchFailure>> {
  const headers = { accept: 'text/plain', 'cache-control': 'no-store' };
  const request = { origin, path: POLICY_PATH, method: 'GET', headers, signal: deadline.signal } as const;
  try {
    return await requestOnce(socket, request, async (answer) => {
      const response: PolicyResponse = {
        status: answer.status,
        contentType: answer.header('content-type'),
        contentEncoding: answer.header('content-encoding'),
        location: answer.header('location'),
      };
      const fault = responseFault(response);
      if (fault !== null) return failed(fault);
      const body = await readBounded(answer.body);
      return body.ok ? judgeResponse(response, body.value) : body;
    });
  } catch (error) {
    return failed(orTimedOut({ kind: 'http', code: httpErrorCode(error) } as const, deadline));
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<Outcome<Buffer, FetchFailure>> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of body) {
    octets += chunk.length;
    if (octets > MAX_POLICY_OCTETS) return failed({ kind: 'too-large', limit: MAX_POLICY_OCTETS });
    chunks.push(chunk);
  }
  return succeeded(Buffer.concat(chunks));
}

/** The result type by which reports to the domain call the failure (RFC 8460 section 4.3.2.1). */
export function reportResultOf(
  failure: FetchFailure,
): 'sts-policy-fetch-error' | 'sts-policy-invalid' | 'sts-webpki-invalid' {
  switch (failure.kind) {
    case 'certificate':
      return 'sts-webpki-invalid';
    case 'policy':
    case 'content-type':
    case 'content-encoding':
    case 'too-large':
      return 'sts-policy-invalid';
    default:
      return 'sts-policy-fetch-error';
  }
}

/** One clause for people: "the policy could not be fetched: …". */
export function describeFetchFailure(failure: FetchFailure): string {
  switch (failure.kind) {
    case 'dns':
      return `${failure.name} could not be looked up: ${describeDnsFailure(failure.failure)}`;
    case 'no-address':
      return `${failure.name} has no address`;
    case 'not-permitted':
      return notPermitted(failure.address, failure.scope);
    case 'connect':
      return `${failure.address}: ${describeConnectFailure(failure.failure)}`;
    case 'tls':
      return `${failure.address}: the TLS handshake failed (${failure.code})`;
    case 'certificate':
      return failure.detail;
    case 'timed-out':
      return `it took longer than ${failure.afterMs / 1000} s`;
    case 'cancelled':
      return 'the run was stopped';
    case 'redirect':
      return `the server redirects (${failure.status}) to ${failure.location}, where senders must not follow`;
    case 'status':
      return `the server answered with status ${failure.status} instead of 200`;
    case 'content-type':
      return `the server sent ${failure.contentType} instead of text/plain`;
    case 'content-encoding':
      return `the server sent the policy encoded (${failure.contentEncoding}), which nobody asked for`;
    case 'too-large':
      return `it is larger than ${failure.limit} octets`;
    case 'policy':
      return `the policy ${describePolicyFault(failure.fault)}`;
    case 'http':
      return `the HTTP exchange broke (${failure.code})`;
  }
}

function notPermitted(address: string, scope: AddressScope): string {
  return `its address ${address} is ${scope}, and connecting to such addresses is not allowed here`;
}
