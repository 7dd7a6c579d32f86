/**
 * A question answered with its security (RFC 4033 section 5): the records or the absence, every alias on the way, and
 * the verdict on the weakest link. Also finds out when it is the resolver that keeps the proofs from us, so that no zone
 * is blamed for it.
 */
import type { Clock } from '../../base/clock.ts';
import { assertNever } from '../../base/outcome.ts';
import { maxAliases } from '../alias-chain.ts';
import type { DnsFailure, RecordType } from '../answer.ts';
import { TYPE_NUMBERS } from '../record-type.ts';
import { anchorFor, type TrustAnchor } from './anchors.ts';
import type { Asking, AskSigned } from './ask-signed.ts';
import { createChainOfTrust } from './chain-of-trust.ts';
import { createCutCache } from './cut-cache.ts';
import { isDenial } from './denial-records.ts';
import { createJudge } from './judge.ts';
import { startWork } from './limits.ts';
import { type RrSet, sectionOf } from './rrset.ts';
import { createSignatureMemory } from './signature.ts';
import { readSignedAnswer } from './signed-answer.ts';
import { bogus, type Indeterminate, type Unanswered, type Verdict } from './verdict.ts';

export type Judged = Exclude<Verdict, Unanswered>;

interface Reached {
  readonly verdict: Judged;
  /** The name as asked, then each alias. */
  readonly names: readonly string[];
  /** Seconds: what was received, and signed, at least. */
  readonly ttl: number;
  readonly resolver: string;
  /** What it has cost: signatures checked for this question. */
  readonly signatureChecks: number;
}

export type Validated =
  /** Only records that may be believed as far as `verdict` says; bogus ones are not shown. */
  | (Reached & { readonly kind: 'records'; readonly set: RrSet })
  | (Reached & { readonly kind: 'no-data' | 'no-such-name' })
  | { readonly kind: 'bogus'; readonly verdict: Extract<Judged, { security: 'bogus' }>; readonly resolver: string }
  | { readonly kind: 'failed'; readonly failure: DnsFailure; readonly resolver: string };

export interface ValidatorOptions {
  readonly ask: AskSigned;
  readonly anchors: readonly TrustAnchor[];
  readonly clock: Clock;
}

export interface Validator {
  /** `name` as `name.ts` writes names. Never throws for what the network does. */
  validate(name: string, type: RecordType, signal?: AbortSignal): Promise<Validated>;
}

/** How long the finding that a resolver passes proofs on, or does not, is kept, s. */
export const RESOLVER_CHECK_TTL = 300;
/** Below the anchor's zone; an underscore keeps it clear of every host and every name that resolvers answer themselves. */
const ABSENT_LABEL = '_dnssec-check';

export function createValidator(options: ValidatorOptions): Validator {
  const { clock, anchors, ask } = options;
  const memory = createSignatureMemory();
  const chain = createChainOfTrust({ ask, anchors, clock, memory });
  const judge = createJudge({ chain, clock, memory });
  const checks = createCutCache<Indeterminate | 'passes-proofs'>(clock);

  /** Asks for what cannot exist, and looks whether the proof of that comes along. */
  const resolverFault = async (name: string, asking: Asking): Promise<Indeterminate | null> => {
    const zone = anchorFor(anchors, name, clock.now())?.zone;
    if (zone === undefined) return null;
    const known = checks.get(zone) ?? (await checkResolver(zone, asking));
    return known === 'passes-proofs' ? null : known;
  };
  const checkResolver = async (zone: string, { signal }: Asking): Promise<Indeterminate | 'passes-proofs'> => {
    const name = zone === '' ? ABSENT_LABEL : `${ABSENT_LABEL}.${zone}`;
    const reply = await ask({ name, type: TYPE_NUMBERS.A }, signal);
    // Silence proves nothing against the resolver, nor for it.
    if (!reply.ok) return 'passes-proofs';
    const { message, resolver } = reply.value;
    const authorities = sectionOf(message, message.authorities).sets;
    const passes = message.answers.length > 0 || authorities.some((set) => isDenial(set) && set.signatures.length > 0);
    const signs = message.authorities.some((record) => record.type === 'RRSIG');
    const found = passes
      ? 'passes-proofs'
      : ({ security: 'indeterminate', cause: signs ? 'denials-stripped' : 'signatures-stripped', resolver } as const);
    checks.put(zone, found, RESOLVER_CHECK_TTL);
    return found;
  };

  return {
    async validate(name, type, signal) {
      const asking: Asking = { work: startWork(), signal };
      let names: readonly string[] = [name];
      let weakest: Judged | null = null;
      let ttl = Number.POSITIVE_INFINITY;
      // Every round but the last adds an alias, and their number is bounded.
      for (;;) {
        const current = names.at(-1) ?? '';
        if (!asking.work.query()) {
          return { kind: 'bogus', verdict: bogus('too-much-work', { zone: '', name, type }), resolver: '' };
        }
        const reply = await ask({ name: current, type: TYPE_NUMBERS[type] }, signal);
        if (!reply.ok) return { kind: 'failed', failure: reply.failure, resolver: '' };
        const { message, resolver } = reply.value;
        const answer = readSignedAnswer(message, type, names);
        const { end, authorities } = answer;
        names = answer.names;
        const verdicts: Verdict[] = [];
        for (const set of answer.sets) {
          ttl = Math.min(ttl, set.ttl);
          const verdict = await judge.judgeSet(set, authorities, asking);
          verdicts.push(verdict);
          if (verdict.security === 'bogus' || verdict.security === 'unanswered') break;
        }
        const broken = verdicts.at(-1);
        const stands = broken?.security !== 'bogus' && broken?.security !== 'unanswered';
        if (stands && (end.kind === 'no-data' || end.kind === 'no-such-name')) {
          const absence = { kind: end.kind, name: names.at(-1) ?? '', type, ttl: end.ttl };
          ttl = Math.min(ttl, end.ttl ?? 0);
          verdicts.push(await judge.judgeAbsence(absence, authorities, asking));
        }
        for (const verdict of verdicts) {
          if (verdict.security === 'unanswered') return { kind: 'failed', failure: verdict.failure, resolver };
          if (verdict.security === 'secure') ttl = Math.min(ttl, verdict.ttl);
          weakest = weaker(weakest, await excused(verdict, names.at(-1) ?? '', asking, resolverFault));
        }
        if (weakest?.security === 'bogus') return { kind: 'bogus', verdict: weakest, resolver };
        switch (end.kind) {
          case 'records':
          case 'no-data':
          case 'no-such-name': {
            if (weakest === null) throw new Error('an answer or an absence is always judged');
            const { signatureChecks } = asking.work;
            const reached = { verdict: weakest, names, ttl: Math.max(0, ttl), resolver, signatureChecks };
            return end.kind === 'records'
              ? { ...reached, kind: end.kind, set: end.set }
              : { ...reached, kind: end.kind };
          }
          case 'bad-alias': {
            const place = { zone: end.alias.name, name: names.at(-1) ?? '', type };
            return { kind: 'bogus', verdict: bogus('bad-alias', place), resolver };
          }
          case 'alias-loop':
            return { kind: 'failed', failure: { kind: 'alias-loop', links: maxAliases(type) }, resolver };
          case 'referral':
            return {
              kind: 'failed',
              failure: { kind: 'malformed', detail: 'a referral instead of an answer' },
              resolver,
            };
          case 'unfinished':
            break;
          default:
            assertNever(end);
        }
      }
    },
  };
}

/** What is missing may have been taken out by the resolver: then it, and not the zone, is to be named. */
async function excused(
  verdict: Judged,
  name: string,
  asking: Asking,
  resolverFault: (name: string, asking: Asking) => Promise<Indeterminate | null>,
): Promise<Judged> {
  if (verdict.security !== 'bogus') return verdict;
  if (verdict.reason !== 'no-signature' && verdict.reason !== 'no-denial') return verdict;
  return (await resolverFault(name, asking)) ?? verdict;
}

/** From the strongest to the weakest. */
const STRENGTH: readonly Judged['security'][] = ['secure', 'insecure', 'indeterminate', 'bogus'];

function weaker(a: Judged | null, b: Judged): Judged {
  if (a === null) return b;
  // Of two secure links the one that ends first counts.
  if (a.security === 'secure' && b.security === 'secure') return a.validUntil <= b.validUntil ? a : b;
  return STRENGTH.indexOf(b.security) > STRENGTH.indexOf(a.security) ? b : a;
}
