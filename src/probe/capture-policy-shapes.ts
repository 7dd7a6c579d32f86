/** The shapes of what became of the fetch of an MTA-STS policy, and of what was kept from an earlier one. */
import { byKind, exactly, list, orNull, record, type Shape, text, whole, word } from '../base/shape.ts';
import type { FailedFetch, KeptPolicy, PolicyEntry } from '../mtasts/cache.ts';
import type { FetchFailure, PolicyFetch } from '../mtasts/fetch.ts';
import type { PolicyFault, PolicyRemark, StsMode, StsPolicy } from '../mtasts/policy.ts';
import { MAX_MAX_AGE } from '../mtasts/policy.ts';
import type { PolicyHostFailure, TriedAddress } from '../mtasts/policy-host.ts';
import type { JudgedResponse, ResponseRemark } from '../mtasts/response.ts';
import type { ChainProblem } from '../pki/chain-verdict.ts';
import type { CapturedPolicy } from './capture.ts';
import { dnsFailureShape } from './capture-dns-shapes.ts';
import { MAX_SHORT_LIST, MAX_TEXT, milliseconds, time } from './capture-limits.ts';
import { connectFailureShape, scopeShape } from './capture-session-shapes.ts';

const line = text(MAX_TEXT);
const count = whole(0, Number.MAX_SAFE_INTEGER);

const policyFault = byKind<PolicyFault>({
  'too-large': { limit: count },
  'byte-order-mark': {},
  'not-utf8': {},
  'malformed-line': { line: count, text: line },
  missing: {
    field: word<Extract<PolicyFault, { kind: 'missing' }>['field']>({
      version: true,
      mode: true,
      max_age: true,
      mx: true,
    }),
  },
  'bad-version': { value: line },
  'bad-mode': { value: line },
  'bad-max-age': { value: line },
  'bad-mx': { value: line, why: line },
});

const certificateProblem = word<ChainProblem | 'wrong-name'>({
  expired: true,
  'not-yet-valid': true,
  'self-signed': true,
  'untrusted-root': true,
  'missing-intermediate': true,
  'not-a-ca': true,
  'path-too-long': true,
  'key-usage': true,
  'extended-key-usage': true,
  'name-constraints': true,
  'unknown-critical-extension': true,
  'weak-key': true,
  'weak-signature': true,
  revoked: true,
  malformed: true,
  'too-many-certificates': true,
  'search-limit': true,
  'bad-signature': true,
  'wrong-name': true,
});

const hostFailures = {
  dns: { name: line, failure: dnsFailureShape },
  'no-address': { name: line },
  'not-permitted': { address: line, scope: scopeShape },
  connect: { address: line, failure: connectFailureShape },
  tls: { address: line, code: line },
  certificate: { problem: certificateProblem, detail: line },
  'timed-out': { afterMs: milliseconds },
  cancelled: {},
} as const;

const hostFailure = byKind<PolicyHostFailure>(hostFailures);

const fetchFailure = byKind<FetchFailure>({
  ...hostFailures,
  redirect: { status: count, location: line },
  status: { status: count },
  'content-type': { contentType: line },
  'content-encoding': { contentEncoding: line },
  policy: { fault: policyFault },
  'too-large': { limit: count },
  http: { code: line },
});

const policy = record<StsPolicy>({
  mode: word<StsMode>({ enforce: true, testing: true, none: true }),
  mx: list(line, MAX_SHORT_LIST),
  maxAge: whole(0, MAX_MAX_AGE),
});

const remark = byKind<PolicyRemark | Extract<ResponseRemark, { readonly kind: 'content-type' }>>({
  'version-not-first': {},
  'blank-line': { line: count },
  'repeated-field': { field: line },
  'mx-is-address': { mx: line },
  'mx-trailing-dot': { mx: line },
  'mx-in-mode-none': {},
  'short-max-age': { maxAge: count },
  'content-type': { contentType: orNull(line) },
});

type Outcome = PolicyFetch['outcome'];
type Served = Extract<Outcome, { readonly ok: true }>;
type Failed = Extract<Outcome, { readonly ok: false }>;

const served = record<Served>({
  ok: exactly(true),
  value: record<JudgedResponse>({ policy, remarks: list(remark, MAX_SHORT_LIST) }),
});
const notServed = record<Failed>({ ok: exactly(false), failure: fetchFailure });

const outcome: Shape<Outcome> = (value, place) =>
  typeof value === 'object' && value !== null && 'ok' in value && value.ok === true
    ? served(value, place)
    : notServed(value, place);

const fetch = record<PolicyFetch>({
  url: line,
  outcome,
  trail: record<PolicyFetch['trail']>({
    tried: list(record<TriedAddress>({ address: line, failure: orNull(hostFailure) }), MAX_SHORT_LIST),
    chain: exactly(null),
  }),
  ms: milliseconds,
});

export const policyShape: Shape<CapturedPolicy> = record<CapturedPolicy>({
  at: time,
  kept: orNull(
    record<PolicyEntry>({
      kept: orNull(record<KeptPolicy>({ policy, id: line, fetchedAt: time })),
      failed: orNull(record<FailedFetch>({ id: line, at: time, failure: fetchFailure })),
    }),
  ),
  fetch: orNull(fetch),
});
