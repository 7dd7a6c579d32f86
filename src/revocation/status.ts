/** What is asked about the status of a certificate, and what comes back. Plain data: it can be kept and judged again. */

export interface StatusRequest {
  readonly kind: 'ocsp' | 'crl';
  readonly url: string;
  /** DER of an OCSP request; null where a list is fetched. */
  readonly body: Buffer | null;
}

export type StatusAnswer =
  | { readonly kind: 'octets'; readonly octets: Buffer }
  /** `why`: the end of a sentence that begins with the place that was asked. */
  | { readonly kind: 'failed'; readonly why: string };

/** Whoever brings answers: the network, or a capture. */
export interface StatusSource {
  /** Never rejects for what the outside does; ends when `signal` fires. */
  fetch(request: StatusRequest, signal: AbortSignal): Promise<StatusAnswer>;
  /** The answer has been judged and counts until then, ms since the epoch. */
  keep(request: StatusRequest, answer: StatusAnswer, until: number): void;
}
