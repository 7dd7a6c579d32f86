/**
 * What is wrong with a host's certificate for the stage Cert and for the formula: the chain first, then the MX name as
 * a receiver tester compares it. With a matched DANE-EE record neither counts (RFC 7672 3.1.1).
 */

import type { ChainProblem } from '../pki/chain-verdict.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { FindingCode } from './finding-catalogue.ts';

export interface CertificateFault {
  readonly code: FindingCode;
  readonly detail: string;
}

export function certificateFaultOf({ path, identity, dane }: Evidence): CertificateFault | null {
  if (dane.kind === 'seen' && dane.value.status === 'match' && dane.value.usage === 3) return null;
  if (path.kind === 'seen' && !path.value.trusted) {
    return { code: chainFinding(path.value.problem), detail: path.value.detail ?? 'the chain is not trusted' };
  }
  if (identity.kind === 'seen' && !identity.value.mx.matched) {
    const { expected, presented } = identity.value.mx;
    const names = presented.length === 0 ? 'no name at all' : presented.slice(0, 5).join(', ');
    return { code: 'certificate-name', detail: `the certificate is for ${names}, not for ${expected}` };
  }
  return null;
}

export function chainFinding(problem: ChainProblem | null): FindingCode {
  switch (problem) {
    case 'expired':
      return 'certificate-expired';
    case 'not-yet-valid':
      return 'certificate-not-yet-valid';
    case 'self-signed':
      return 'certificate-self-signed';
    case 'untrusted-root':
      return 'certificate-untrusted-root';
    case 'missing-intermediate':
      return 'certificate-missing-intermediate';
    case 'weak-key':
      return 'certificate-weak-key';
    case 'weak-signature':
      return 'certificate-weak-signature';
    case 'revoked':
      return 'certificate-revoked';
    default:
      return 'certificate-invalid';
  }
}
