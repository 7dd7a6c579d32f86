/**
 * Reads a capture that anybody may have written. Whatever is in the file, a capture or one fault comes out, within the
 * bounds of `capture-limits.ts`; a capture that was read holds nothing but what its type says.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import {
  describeShapeFault,
  exactly,
  list,
  maybe,
  octets,
  orNull,
  readShape,
  record,
  type Shape,
  type ShapeFault,
  text,
  truth,
  where,
  whole,
  word,
} from '../base/shape.ts';
import { CAPTURE_FORMAT, type Capture, type CapturedAnchor } from './capture.ts';
import { authoritiesShape, canariesShape } from './capture-beside-shapes.ts';
import { dnsAnswerShape } from './capture-dns-shapes.ts';
import {
  MAX_ANCHORS,
  MAX_ANSWERS,
  MAX_CAPTURE_OCTETS,
  MAX_DER_OCTETS,
  MAX_SESSIONS,
  MAX_SHORT_LIST,
  MAX_TEXT,
  milliseconds,
  time,
} from './capture-limits.ts';
import { policyShape } from './capture-policy-shapes.ts';
import { scanShape } from './capture-scan-shapes.ts';
import { sessionShape } from './capture-session-shapes.ts';
import { MAX_REPEAT, type ProbeRequest } from './request.ts';
import { describeTargetFault, MAX_TARGET_LENGTH, parseTarget, type Target, type TargetFault } from './target.ts';

export interface ReadCapture {
  readonly capture: Capture;
  readonly target: Target;
}

export type CaptureFault =
  | { readonly kind: 'too-large'; readonly limit: number }
  | { readonly kind: 'not-utf8' }
  | { readonly kind: 'not-json' }
  /** A document of another kind, or of a version that is not known here. */
  | { readonly kind: 'other-format' }
  | { readonly kind: 'shape'; readonly fault: ShapeFault }
  | { readonly kind: 'target'; readonly fault: TargetFault };

export function readCapture(bytes: Buffer): Outcome<ReadCapture, CaptureFault> {
  if (bytes.length > MAX_CAPTURE_OCTETS) return failed({ kind: 'too-large', limit: MAX_CAPTURE_OCTETS });
  const value = parse(bytes);
  if (!value.ok) return value;
  if (formatOf(value.value) !== CAPTURE_FORMAT) return failed({ kind: 'other-format' });
  const capture = readShape(captureShape, value.value);
  if (!capture.ok) return failed({ kind: 'shape', fault: capture.failure });
  const target = parseTarget(capture.value.request.target);
  if (!target.ok) return failed({ kind: 'target', fault: target.failure });
  return succeeded({ capture: capture.value, target: target.value });
}

/** The end of a sentence that begins with the file. */
export function describeCaptureFault(fault: CaptureFault): string {
  switch (fault.kind) {
    case 'too-large':
      return `it is larger than ${fault.limit / 1024 / 1024} MiB`;
    case 'not-utf8':
      return 'it is not text in UTF-8';
    case 'not-json':
      return 'it is not JSON';
    case 'other-format':
      return `it is no capture of the format ${CAPTURE_FORMAT}`;
    case 'shape':
      return describeShapeFault(fault.fault);
    case 'target':
      return `its target cannot be tested: ${describeTargetFault(fault.fault)}`;
  }
}

function parse(bytes: Buffer): Outcome<unknown, CaptureFault> {
  let content: string;
  try {
    content = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return failed({ kind: 'not-utf8' });
  }
  try {
    const value: unknown = JSON.parse(content);
    return succeeded(value);
  } catch {
    return failed({ kind: 'not-json' });
  }
}

function formatOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'format' in value ? value.format : null;
}

const line = text(MAX_TEXT);
const port = whole(1, 65_535);
const family: Shape<Capture['settings']['family']> = (value, place) =>
  value === 4 || value === 6 ? value : exactly('any')(value, place);

const request = record<Capture['request']>({
  target: text(MAX_TARGET_LENGTH),
  rcpt: word<ProbeRequest['rcpt']>({ auto: true, yes: true, no: true }),
  quick: truth,
  ignoreNoConnect: truth,
  assureTls: truth,
  mtaSts: truth,
  dane: truth,
  seed: orNull(whole(0, 2 ** 32 - 1)),
  repeat: maybe(whole(1, MAX_REPEAT)),
  authoritative: maybe(truth),
  strictCn: maybe(truth),
});

const source = record<Capture['trust']['sources'][number]>({
  name: line,
  date: orNull(where(line, (date) => !Number.isNaN(Date.parse(date)), 'is no date')),
  count: whole(0, Number.MAX_SAFE_INTEGER),
});

const captureShape: Shape<Capture> = record<Capture>({
  format: exactly(CAPTURE_FORMAT),
  startedAt: time,
  elapsedMs: milliseconds,
  request,
  settings: record<Capture['settings']>({
    port,
    family,
    resolvers: list(line, MAX_SHORT_LIST),
    dnssecAnchors: word<Capture['settings']['dnssecAnchors']>({ 'built-in': true, given: true }),
    revocation: maybe(word<NonNullable<Capture['settings']['revocation']>>({ off: true, staple: true, fetch: true })),
  }),
  trust: record<Capture['trust']>({
    anchors: whole(0, Number.MAX_SAFE_INTEGER),
    sources: list(source, MAX_SHORT_LIST),
    certificates: list(
      record<CapturedAnchor>({ from: line, fingerprint: text(64), der: octets(MAX_DER_OCTETS) }),
      MAX_ANCHORS,
    ),
  }),
  answers: list(dnsAnswerShape, MAX_ANSWERS),
  policy: orNull(policyShape),
  sessions: list(sessionShape(scanShape), MAX_SESSIONS),
  canaries: maybe(canariesShape),
  authorities: maybe(authoritiesShape),
});
