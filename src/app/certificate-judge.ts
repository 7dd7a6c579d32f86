/**
 * What a session asks when it has seen a chain: our roots, our clock and, only where the verdict can still change by
 * it, the forward-confirmed reverse name of the address (R91).
 */
import type { Domain } from '../base/domain.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import { confirmedNames } from '../dns/pointer.ts';
import type { Resolver } from '../dns/resolver.ts';
import { parseCertificate } from '../pki/certificate.ts';
import { judgeIdentity, needsPointerNames } from '../pki/identity.ts';
import { judgeChain } from '../pki/judge-chain.ts';
import type { TrustAnchors } from '../pki/trust-anchors.ts';
import type { CertificateJudge, SessionTarget } from '../session/open.ts';
import type { Essentials } from './world.ts';

export interface JudgeOptions {
  readonly world: Essentials;
  readonly resolver: Resolver;
  readonly anchors: TrustAnchors;
  readonly target: SessionTarget;
  readonly mxNameSecure: boolean;
  readonly recipientDomain: Domain | null;
  /** The server was named by the user: an explicit route, which no DNS can forge. */
  readonly given: boolean;
}

export function certificateJudge({
  world,
  resolver,
  anchors,
  target,
  mxNameSecure,
  recipientDomain,
  given,
}: JudgeOptions): CertificateJudge {
  return {
    judgeChain: (chainAsSent, ocspStaple) => judgeChain({ chainAsSent, anchors, at: world.clock.now(), ocspStaple }),
    judgeIdentity: async (chainAsSent, signal) => {
      const [first] = chainAsSent;
      const leaf = first === undefined ? null : parseCertificate(first);
      const question = {
        leaf: leaf?.ok === true ? leaf.value : null,
        host: target.exchange,
        recipientDomain,
        staticRoute: given && parseIpAddress(target.exchange) === null ? target.exchange : null,
        mxNameSecure,
        strictCn: false,
      };
      const pointers = needsPointerNames(question) ? await confirmedNames(resolver, target.address, signal) : null;
      return judgeIdentity({ ...question, ptrNames: pointers?.kind === 'confirmed' ? pointers.names : [] });
    },
  };
}
