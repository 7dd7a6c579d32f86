/**
 * The offline check of a chain, before it is installed: one chain from PEM text, or one case a line, thousands in one
 * process. Pure: whoever calls reads the files and the clock.
 */
import { parseIpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { parseCertificate } from './certificate.ts';
import type { ChainProblem, ChainVerdict } from './chain-verdict.ts';
import { judgeIdentity } from './identity.ts';
import type { NameVerdict } from './identity-verdict.ts';
import { judgeChain } from './judge-chain.ts';
import { parsePemCertificates } from './pem.ts';
import { type TrustAnchors, trustAnchors } from './trust-anchors.ts';

export interface OfflineIdentity {
  /** RFC 9525: SAN only. */
  readonly matched: boolean;
  readonly mx: NameVerdict;
}

export interface OfflineVerdict {
  readonly chain: ChainVerdict;
  /** Null when no name was asked for. */
  readonly identity: OfflineIdentity | null;
}

export interface OfflineChain {
  /** DER, leaf first. */
  readonly certificates: readonly Buffer[];
  readonly anchors: TrustAnchors;
  /** A DNS name (A-label) or an address; null: only the chain is judged. */
  readonly name: string | null;
  /** ms since the epoch. */
  readonly at: number;
  readonly maxDepth?: number | undefined;
}

export function judgeOfflineChain({ certificates, anchors, name, at, maxDepth }: OfflineChain): OfflineVerdict {
  const chain = judgeChain({ chainAsSent: certificates, anchors, at, maxDepth });
  if (name === null) return { chain, identity: null };
  const [first] = certificates;
  const leaf = first === undefined ? null : parseCertificate(first);
  const { matched, mx } = judgeIdentity({
    leaf: leaf?.ok === true ? leaf.value : null,
    host: name,
    recipientDomain: null,
    staticRoute: null,
    ptrNames: [],
    mxNameSecure: false,
    strictCn: false,
  });
  return { chain, identity: { matched, mx } };
}

/** The answer to one line of cases. `error` stands alone beside the id where the line is no case. */
export type CaseAnswer =
  | {
      readonly id: unknown;
      readonly trusted: boolean;
      readonly problem: ChainProblem | null;
      readonly detail: string | null;
      readonly identity: OfflineIdentity | null;
    }
  | { readonly id: unknown; readonly error: string };

/** Characters in one line: a hundred certificates of some size fit. */
export const MAX_CASE_LENGTH = 16 * 1024 * 1024;

/**
 * Answers one line `{id, chain, anchors?, name?, at?, maxChainDepth?}`. `anchors` given means that those alone are
 * trusted; `fallback` holds what the command line said.
 */
export function answerCase(
  text: string,
  fallback: { readonly anchors: TrustAnchors; readonly at: number },
): CaseAnswer {
  const read = readCase(text, fallback);
  if (!read.ok) return read.failure;
  const { id, ...request } = read.value;
  const { chain, identity } = judgeOfflineChain(request);
  return { id, trusted: chain.trusted, problem: chain.problem, detail: chain.detail, identity };
}

type Case = OfflineChain & { readonly id: unknown };
type Refusal = { readonly id: unknown; readonly error: string };

function readCase(text: string, fallback: { anchors: TrustAnchors; at: number }): Outcome<Case, Refusal> {
  if (text.length > MAX_CASE_LENGTH) return refuse(null, `the line is longer than ${MAX_CASE_LENGTH} characters`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse(null, 'the line is not JSON');
  }
  if (!isRecord(parsed)) return refuse(null, 'the line is not a JSON object');
  const id = parsed['id'] ?? null;
  const chain = readPemList(parsed['chain'], 'chain');
  if (!chain.ok) return refuse(id, chain.failure);
  if (chain.value.length === 0) return refuse(id, '"chain" has no certificate');
  const anchors = parsed['anchors'] === undefined ? null : readPemList(parsed['anchors'], 'anchors');
  if (anchors !== null && !anchors.ok) return refuse(id, anchors.failure);
  const at = readTime(parsed['at']);
  if (at === null) return refuse(id, '"at" is not a date and time as 2026-11-23T10:00:00Z');
  const name = readName(parsed['name']);
  if (!name.ok) return refuse(id, name.failure);
  const maxDepth = parsed['maxChainDepth'] ?? undefined;
  if (maxDepth !== undefined && !(typeof maxDepth === 'number' && Number.isInteger(maxDepth) && maxDepth >= 0)) {
    return refuse(id, '"maxChainDepth" is not a whole number from 0');
  }
  return succeeded({
    id,
    certificates: chain.value,
    anchors:
      anchors === null ? fallback.anchors : trustAnchors([{ name: 'given', date: null, certificates: anchors.value }]),
    name: name.value,
    at: at === undefined ? fallback.at : at,
    maxDepth,
  });
}

/** One certificate an element; one that is no PEM is kept as it is, for the verdict `malformed`. */
function readPemList(value: unknown, field: string): Outcome<Buffer[], string> {
  if (!Array.isArray(value)) return failed(`"${field}" is not a list of PEM certificates`);
  const list: Buffer[] = [];
  for (const [index, text] of value.entries()) {
    if (typeof text !== 'string') return failed(`"${field}" item ${index + 1} is not text`);
    const parsed = parsePemCertificates(text);
    if (parsed.ok) list.push(...parsed.value);
    else list.push(Buffer.alloc(0));
  }
  return succeeded(list);
}

/** Undefined when absent, null when unreadable. */
function readTime(value: unknown): number | null | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d(T|$)/.test(value)) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : at;
}

function readName(value: unknown): Outcome<string | null, string> {
  if (value === undefined || value === null) return succeeded(null);
  const text = isRecord(value) ? value['value'] : undefined;
  if (!isRecord(value) || typeof text !== 'string') return failed('"name" is not {"kind", "value"}');
  switch (value['kind']) {
    case 'dns':
      return succeeded(text.toLowerCase());
    case 'ip':
      // What is no address matches nothing, and the verdict says so.
      return succeeded(parseIpAddress(text)?.text ?? text);
    default:
      return failed('"name" has a "kind" other than dns and ip');
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(id: unknown, error: string): Outcome<never, Refusal> {
  return failed({ id, error });
}
