/**
 * A TLS report by HTTPS (RFC 8460 section 5.4): one POST of the gzipped JSON through the same guarded way out as policy
 * fetches, to a host whose certificate is in order. Any 2xx is success; redirects are not followed.
 */
import { startDeadline } from '../base/deadline.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { HTTPS_PORT } from '../mtasts/fetch.ts';
import { openPolicyHost, orTimedOut, type PolicyHostFailure, type PolicyHostWorld } from '../mtasts/policy-host.ts';
import { httpErrorCode, requestOnce } from '../net/http-once.ts';

export type PostFailure =
  | PolicyHostFailure
  /** Not a https: URL one can post to. */
  | { readonly kind: 'bad-url' }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'http'; readonly code: string };

/** Resolves; never rejects for what a server does. */
export type PostReport = (
  uri: string,
  gzipped: Uint8Array,
  signal?: AbortSignal,
) => Promise<Outcome<{ readonly status: number }, PostFailure>>;

export interface PostReportOptions extends PolicyHostWorld {
  /** In place of 443 where the URL names none: for a test bed. */
  readonly port?: number | undefined;
  /** ms for everything together. */
  readonly timeoutMs?: number | undefined;
}

export const POST_TIMEOUT_MS = 60_000;

export function createReportPoster(options: PostReportOptions): PostReport {
  return async (uri, gzipped, signal) => {
    const url = URL.parse(uri);
    if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '') {
      return failed({ kind: 'bad-url' });
    }
    const port = url.port === '' ? (options.port ?? HTTPS_PORT) : Number(url.port);
    const deadline = startDeadline(options.clock, options.timeoutMs ?? POST_TIMEOUT_MS, signal);
    try {
      const { outcome } = await openPolicyHost(options, { name: url.hostname, port, deadline });
      if (!outcome.ok) return outcome;
      const status = await requestOnce(
        outcome.value,
        {
          origin: port === HTTPS_PORT ? `https://${url.hostname}` : `https://${url.hostname}:${port}`,
          path: `${url.pathname}${url.search}`,
          method: 'POST',
          headers: { 'content-type': 'application/tlsrpt+gzip' },
          body: gzipped,
          signal: deadline.signal,
        },
        // What the server says beside its status is of no use to us.
        async (answer) => answer.status,
      );
      return status >= 200 && status < 300 ? succeeded({ status }) : failed({ kind: 'status', status });
    } catch (error) {
      return failed(orTimedOut({ kind: 'http', code: httpErrorCode(error) } as const, deadline));
    } finally {
      deadline.dispose();
    }
  };
}
