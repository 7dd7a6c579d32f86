/**
 * What a session asks when it has seen a chain: our roots, our time, the TLSA records, the authority where that is wanted,
 * and, only where the verdict can still change by it, the forward-confirmed reverse name of the address (R91).
 */
import type { Domain } from '../base/domain.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import type { DaneLookup } from '../dane/lookup.ts';
import { matchDane, referenceNames } from '../dane/match.ts';
import { daneOutcome } from '../dane/outcome.ts';
import { confirmedNames } from '../dns/pointer.ts';
import type { Resolver } from '../dns/resolver.ts';
import { parseCertificate } from '../pki/certificate.ts';
import type { ChainVerdict } from '../pki/chain-verdict.ts';
import { judgeIdentity, needsPointerNames } from '../pki/identity.ts';
import { type ChainToJudge, judgeChain, pathToAskAbout, withRevocation } from '../pki/judge-chain.ts';
import type { TrustAnchors } from '../pki/trust-anchors.ts';
import { DANE_NOT_TESTED } from '../policy/evidence.ts';
import type { StatusSource } from '../revocation/status.ts';
import type { CertificateJudge, SessionTarget } from '../session/open.ts';

export interface JudgeOptions {
  /** The one moment at which everything is judged, ms since the epoch. */
  readonly moment: () => number;
  readonly resolver: Resolver;
  readonly anchors: TrustAnchors;
  readonly target: SessionTarget;
  readonly mxNameSecure: boolean;
  readonly recipientDomain: Domain | null;
  /** The server was named by the user: an explicit route, which no DNS can forge. */
  readonly given: boolean;
  /** The name of an explicit route where the host is another one: its MX. */
  readonly routeName?: string | null | undefined;
  /** No wildcard in a CN (R98). */
  readonly strictCn: boolean;
  /** Null where nobody looked. */
  readonly dane: DaneLookup | null;
  /** The host was asked for a stapled OCSP response. */
  readonly stapleAsked: boolean;
  /** Who is asked about certificates that no staple vouches for; null where nobody is. */
  readonly statuses: StatusSource | null;
}

export function certificateJudge({
  moment,
  resolver,
  anchors,
  target,
  mxNameSecure,
  recipientDomain,
  given,
  routeName = null,
  strictCn,
  dane,
  stapleAsked,
  statuses,
}: JudgeOptions): CertificateJudge {
  return {
    judgeChain: (chainAsSent, ocspStaple, signal) => {
      const staple = stapleAsked ? { ocspStaple } : {};
      const question: ChainToJudge = { chainAsSent, anchors, at: moment(), ...staple };
      const verdict = judgeChain(question);
      return statuses === null || !verdict.trusted || verdict.revocation === 'good'
        ? verdict
        : askAuthority(statuses, { question, verdict }, signal);
    },
    judgeIdentity: async (chainAsSent, signal) => {
      const [first] = chainAsSent;
      const leaf = first === undefined ? null : parseCertificate(first);
      const question = {
        leaf: leaf?.ok === true ? leaf.value : null,
        host: target.exchange,
        recipientDomain,
        staticRoute: routeName ?? (given && parseIpAddress(target.exchange) === null ? target.exchange : null),
        mxNameSecure,
        strictCn,
      };
      const pointers = needsPointerNames(question) ? await confirmedNames(resolver, target.address, signal) : null;
      return judgeIdentity({ ...question, ptrNames: pointers?.kind === 'confirmed' ? pointers.names : [] });
    },
    judgeDane: (chainAsSent) => {
      if (dane === null) return DANE_NOT_TESTED;
      const verdict =
        dane.kind === 'records'
          ? matchDane({
              records: dane.records,
              presented: { kind: 'chain', certificates: chainAsSent },
              referenceNames: referenceNames({
                baseDomain: dane.baseDomain,
                exchange: target.exchange,
                nextHop: recipientDomain,
                nextHopCanonicalName: null,
                mxSecure: mxNameSecure,
              }),
              at: moment(),
            })
          : null;
      const { status, usage, detail } = daneOutcome(dane, verdict);
      return { status, usage, detail, verdict };
    },
  };
}

/** Loaded only for those who want it. */
async function askAuthority(
  statuses: StatusSource,
  { question, verdict }: { readonly question: ChainToJudge; readonly verdict: ChainVerdict },
  signal: AbortSignal,
): Promise<ChainVerdict> {
  const path = pathToAskAbout(question);
  if (path === null) return verdict;
  const { lookUpRevocation } = await import('../revocation/look-up.ts');
  const seen = await lookUpRevocation(statuses, { ...path, at: question.at }, signal);
  return seen === null ? verdict : withRevocation(verdict, path.leaf, seen);
}
