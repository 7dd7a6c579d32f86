/**
 * Questions over HTTPS (RFC 8484), by POST, so that no cache on the way keeps them. The client is loaded with the first
 * question: whoever asks no such resolver does not pay for it.
 */
import type { Agent } from 'undici';
import type { Clock } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { failed, type Outcome } from '../base/outcome.ts';
import { encodeQuery } from './encode.ts';
import { answersQuestion, type DnsMessage, MAX_MESSAGE_OCTETS, type Question } from './message.ts';
import { type ExchangeFailure, type ExchangeOptions, readAnswer, type Upstream } from './upstream.ts';

/** Connections to one resolver; HTTP/1.1 answers one question at a time on each, further ones wait. */
export const MAX_HTTPS_CONNECTIONS = 16;
/** RFC 8484 section 6. */
const MEDIA_TYPE = 'application/dns-message';

export interface HttpsOptions {
  readonly text: string;
  readonly trustAd: boolean;
  readonly url: string;
  readonly clock: Clock;
  /** PEM; the runtime's own where it is left out. */
  readonly trustAnchors?: readonly string[] | undefined;
}

export function createHttpsUpstream(options: HttpsOptions): Upstream {
  let agent: Agent | null = null;
  const load = async () => {
    const undici = await import('undici');
    agent ??= new undici.Agent({
      connections: MAX_HTTPS_CONNECTIONS,
      maxResponseSize: MAX_MESSAGE_OCTETS,
      connect: options.trustAnchors === undefined ? {} : { ca: [...options.trustAnchors] },
    });
    return { request: undici.request, agent };
  };
  return {
    text: options.text,
    trustAd: options.trustAd,
    async ask(question, exchange) {
      const deadline = startDeadline(options.clock, exchange.timeoutMs, exchange.signal);
      try {
        const client = await load();
        return await post(client, options.url, question, exchange, deadline.signal);
      } catch (error) {
        return failed(failureOf(error, deadline.signal.aborted, deadline.expired(), exchange.timeoutMs));
      } finally {
        deadline.dispose();
      }
    },
    close: async () => {
      await agent?.destroy();
      agent = null;
    },
  };
}

async function post(
  client: { readonly request: typeof import('undici').request; readonly agent: Agent },
  url: string,
  question: Question,
  exchange: ExchangeOptions,
  signal: AbortSignal,
): Promise<Outcome<DnsMessage, ExchangeFailure>> {
  // RFC 8484 4.1: the id is 0, the connection does what it is for elsewhere.
  const body = encodeQuery(question, { id: 0, edns: exchange.edns, dnssecOk: exchange.dnssecOk });
  if (body === null) return failed({ kind: 'malformed', detail: 'the name cannot be asked for' });
  const response = await client.request(url, {
    method: 'POST',
    headers: { 'content-type': MEDIA_TYPE, accept: MEDIA_TYPE },
    body,
    dispatcher: client.agent,
    signal,
  });
  if (response.statusCode !== 200) {
    await response.body.dump({ limit: MAX_MESSAGE_OCTETS });
    return failed({ kind: 'unreachable', code: `HTTP ${response.statusCode}` });
  }
  const bytes = Buffer.from(await response.body.arrayBuffer());
  const type = String(response.headers['content-type'] ?? '').split(';')[0];
  if (type?.trim().toLowerCase() !== MEDIA_TYPE) {
    return failed({ kind: 'malformed', detail: 'the resolver did not send a DNS message' });
  }
  if (!answersQuestion(bytes, 0, question)) {
    return failed({ kind: 'malformed', detail: 'it does not answer the question' });
  }
  return readAnswer(bytes);
}

function failureOf(error: unknown, aborted: boolean, expired: boolean, timeoutMs: number): ExchangeFailure {
  if (aborted) return expired ? { kind: 'timed-out', afterMs: timeoutMs } : { kind: 'cancelled' };
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return { kind: 'malformed', detail: 'it is longer than 65,535 octets' };
  return code === 'UND_ERR_CONNECT_TIMEOUT' ? { kind: 'timed-out', afterMs: timeoutMs } : { kind: 'unreachable', code };
}
