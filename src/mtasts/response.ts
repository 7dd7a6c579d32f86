/**
 * What an HTTPS answer at the policy's place is worth (RFC 8461 section 3.3): only a 200 counts, nobody is followed
 * elsewhere, and the media type keeps out what users can put on a web server (S-STS-4, S-STS-5). Pure.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import { type PolicyFault, type PolicyRemark, parsePolicy, type StsPolicy } from './policy.ts';

export interface PolicyResponse {
  readonly status: number;
  /** Header fields as sent; null where absent. */
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly location: string | null;
}

export type ResponseFailure =
  /** RFC 8461 3.3: "HTTP 3xx redirects MUST NOT be followed". */
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'content-type'; readonly contentType: string }
  | { readonly kind: 'content-encoding'; readonly contentEncoding: string }
  | { readonly kind: 'policy'; readonly fault: PolicyFault };

export type ResponseRemark = PolicyRemark | { readonly kind: 'content-type'; readonly contentType: string | null };

export interface JudgedResponse {
  readonly policy: StsPolicy;
  readonly remarks: readonly ResponseRemark[];
}

const SHOWN_LENGTH = 200;

/** Everything that can be said before the body is read; null when the body is worth reading. */
export function responseFault(response: PolicyResponse): ResponseFailure | null {
  const { status, contentType, contentEncoding, location } = response;
  if (status >= 300 && status <= 399) {
    return { kind: 'redirect', status, location: printable(location ?? '', SHOWN_LENGTH) };
  }
  if (status !== 200) return { kind: 'status', status };
  if (contentEncoding !== null && contentEncoding.trim().toLowerCase() !== 'identity') {
    return { kind: 'content-encoding', contentEncoding: printable(contentEncoding, SHOWN_LENGTH) };
  }
  if (contentType !== null && isPageOrPicture(contentType)) {
    return { kind: 'content-type', contentType: printable(contentType, SHOWN_LENGTH) };
  }
  return null;
}

/** The whole answer with its body. */
export function judgeResponse(response: PolicyResponse, body: Buffer): Outcome<JudgedResponse, ResponseFailure> {
  const fault = responseFault(response);
  if (fault !== null) return failed(fault);
  const parsed = parsePolicy(body);
  if (!parsed.ok) return failed({ kind: 'policy', fault: parsed.failure });
  const { contentType } = response;
  const remarks: ResponseRemark[] = [...parsed.value.remarks];
  if (contentType === null || !isPlainText(contentType)) {
    remarks.push({
      kind: 'content-type',
      contentType: contentType === null ? null : printable(contentType, SHOWN_LENGTH),
    });
  }
  return succeeded({ policy: parsed.value.policy, remarks });
}

/** RFC 8461 3.2: the media type is `text/plain`; its parameters do not count. */
export function isPlainText(contentType: string): boolean {
  return mediaType(contentType) === 'text/plain';
}

/**
 * RFC 8461 3.2 asks for the check because of servers on which users can put pages and pictures. These are refused; other
 * wrong types (many servers do not know `.txt`) are a remark, since the body still has to be a policy.
 */
function isPageOrPicture(contentType: string): boolean {
  const type = mediaType(contentType);
  return type === 'text/html' || type === 'application/xhtml+xml' || /^(image|audio|video)\//.test(type);
}

function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}
