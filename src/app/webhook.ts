/**
 * One POST of JSON to a URL that an operator named: through the guarded way out, to a host whose certificate is in order,
 * without following anything. It is signed as Standard Webhooks says: `webhook-id`, `webhook-timestamp` (s since the epoch)
 * and `webhook-signature: v1,` with the base64 of an HMAC-SHA256 over `id.timestamp.body`.
 */
import { createHmac } from 'node:crypto';
import { startDeadline } from '../base/deadline.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { openPolicyHost, type PolicyHostFailure, type PolicyHostWorld } from '../mtasts/policy-host.ts';
import { httpErrorCode, requestOnce } from '../net/http-once.ts';

export type WebhookWorld = PolicyHostWorld;

export interface WebhookMessage {
  /** The same at every try, so that a receiver can tell a repetition. */
  readonly id: string;
  readonly body: string;
}

const HTTPS = 443;
/** ms for everything together. */
export const WEBHOOK_TIMEOUT_MS = 30_000;

/** The failure is a sentence without a full stop. Never rejects for what a server does. */
export async function postWebhook(
  world: WebhookWorld,
  { url: text, secret }: { readonly url: string; readonly secret: string },
  { id, body }: WebhookMessage,
  signal?: AbortSignal,
): Promise<Outcome<null, string>> {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'https:') return failed('the URL cannot be posted to');
  const { clock } = world;
  const port = url.port === '' ? HTTPS : Number(url.port);
  const timestamp = Math.floor(clock.now() / 1000);
  const deadline = startDeadline(clock, WEBHOOK_TIMEOUT_MS, signal);
  try {
    const { outcome } = await openPolicyHost(world, { name: url.hostname, port, deadline });
    if (!outcome.ok) return failed(describeFailure(outcome.failure));
    const status = await requestOnce(
      outcome.value,
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'tlsreach',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signatureOf(secret, { id, timestamp, body }),
        },
        body: Buffer.from(body),
        signal: deadline.signal,
      },
      // What it says beside its status is of no use to us.
      async (answer) => answer.status,
    );
    return status >= 200 && status < 300 ? succeeded(null) : failed(`the server answered ${status}`);
  } catch (error) {
    return failed(deadline.expired() ? 'the server did not answer in time' : `HTTP failed: ${httpErrorCode(error)}`);
  } finally {
    deadline.dispose();
  }
}

/** A secret with the prefix `whsec_` is base64, as that standard hands them out; any other is taken as it stands. */
export function signatureOf(
  secret: string,
  { id, timestamp, body }: WebhookMessage & { readonly timestamp: number },
): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

function describeFailure(failure: PolicyHostFailure): string {
  const notPublic = (address: string, scope: string): string =>
    `${address} is not public (${scope}), and private addresses are not allowed`;
  switch (failure.kind) {
    case 'not-permitted':
      return notPublic(failure.address, failure.scope);
    case 'connect':
      return failure.failure.kind === 'not-permitted'
        ? notPublic(failure.address, failure.failure.scope)
        : `no connection to ${failure.address}: ${failure.failure.kind}`;
    case 'tls':
      return `no TLS with ${failure.address}: ${failure.code}`;
    case 'certificate':
      return `the certificate is not in order: ${failure.detail}`;
    case 'no-address':
      return `${failure.name} has no address`;
    case 'dns':
      return `${failure.name} cannot be looked up: ${failure.failure.kind}`;
    case 'timed-out':
      return 'the server did not answer in time';
    case 'cancelled':
      return 'it was broken off';
  }
}
