/** Findings about certificates: the path, the name, the way the chain was sent. */
import type { FindingEntry } from './finding-entry.ts';

export const CERTIFICATE_FINDINGS = {
  'certificate-name': {
    severity: 'warning',
    title: 'the certificate is for another name',
    explain:
      'The certificate does not carry the name of the MX host. Mail is encrypted, but nothing shows that the right host is at the other end. This is the most frequent fault, above all with hosted mail: a wildcard stands for exactly one label, and *.example.net does not cover a.b.example.net.',
    advice: 'Add DNS:{host} to the certificate, or publish the MX as {presented}.',
    reference: 'RFC 9525 6.3',
  },
  'certificate-expired': {
    severity: 'warning',
    title: 'the certificate has expired',
    explain:
      'A certificate of the chain is past its end. Senders that only want encryption still deliver; those that verify do not.',
    advice: 'Renew the certificate of {host}, and see why the renewal was missed.',
    reference: 'RFC 5280 6.1.3',
  },
  'certificate-not-yet-valid': {
    severity: 'warning',
    title: 'the certificate is not valid yet',
    explain: "The validity of a certificate of the chain begins in the future, as this machine's clock has it.",
    advice: 'Check the clocks of both machines; otherwise install a certificate at {host} that is valid now.',
    reference: 'RFC 5280 6.1.3',
  },
  'certificate-self-signed': {
    severity: 'warning',
    title: 'the certificate is self-signed',
    explain:
      'The host signed its certificate itself. It is good enough to encrypt, but anybody can make one like it, so it proves nothing about who is at the other end, unless a DANE record vouches for it.',
    advice: 'Get a certificate for {host} from a public authority, or publish a TLSA record for it in a signed zone.',
    reference: 'RFC 5280 6.1',
  },
  'certificate-untrusted-root': {
    severity: 'warning',
    title: 'the chain ends at a root nobody here trusts',
    explain:
      'The chain is complete, but the authority at its end is not among the trusted ones. That is usual for the private authority of a company, and useless towards strangers.',
    advice:
      'Get a certificate for {host} from a public authority; if the authority is your own, add it with --ca-file.',
    reference: 'RFC 5280 6.1',
  },
  'certificate-missing-intermediate': {
    severity: 'warning',
    title: 'an intermediate certificate is missing',
    explain:
      'The host sends its own certificate but not the one that links it to a trusted root. Browsers often fetch the missing piece, mail servers do not: to them the certificate is worthless.',
    advice: 'Install the full chain at {host}: the certificate first, then the intermediate ones in order.',
    reference: 'RFC 8446 4.4.2',
  },
  'certificate-revoked': {
    severity: 'error',
    title: 'the certificate is revoked',
    explain: 'The authority has withdrawn the certificate, as is done after the theft of a key.',
    advice: 'Make a new key at {host} and get a new certificate for it.',
    reference: 'RFC 6960 2.2',
  },
  'certificate-weak-key': {
    severity: 'warning',
    title: 'a key in the chain is too short',
    explain: 'A certificate of the chain has a key that is short enough to be broken, so the chain is not trusted.',
    advice: 'Make a new key at {host}: RSA with 2048 bits or more, or ECDSA P-256.',
    reference: 'RFC 9325 4.5',
  },
  'certificate-weak-signature': {
    severity: 'warning',
    title: 'a signature in the chain is too weak',
    explain: 'A certificate of the chain is signed with MD5 or SHA-1, for which signatures can be forged.',
    advice: 'Get a certificate for {host} that is signed with SHA-256 or better.',
    reference: 'RFC 9155 2',
  },
  'certificate-invalid': {
    severity: 'warning',
    title: 'the chain breaks a rule',
    explain:
      'The certificates fit together, but the path breaks a rule: a certificate that may not sign others did, a limit on length, purpose or names is exceeded, or something in it cannot be read.',
    advice: 'Read the detail, and let the authority that issued the certificate of {host} issue a correct one.',
    reference: 'RFC 5280 6.1',
  },
  'certificate-near-expiry': {
    severity: 'info',
    title: 'the certificate ends soon',
    explain:
      'Little is left of the lifetime of the certificate. A renewal that runs by itself should have happened by now; when it fails, mail from senders that verify stops on the last day.',
    advice: 'Renew the certificate of {host} now, and check the automatic renewal.',
    reference: 'RFC 5280 4.1.2.5',
  },
  'chain-duplicate': {
    severity: 'warning',
    title: 'a certificate is sent twice',
    explain:
      'The same certificate stands in the chain more than once. Most software copes, some rejects the chain; it often happens after a renewal.',
    advice: 'Remove the repeated certificate from the chain file of {host}.',
    reference: 'RFC 8446 4.4.2',
  },
  'chain-misordered': {
    severity: 'warning',
    title: 'the chain is in the wrong order',
    explain:
      'Each certificate should be followed by the one that signed it. Most software sorts it out, older software fails.',
    advice: 'Put the chain file of {host} in order: its own certificate first, then each issuer in turn.',
    reference: 'RFC 5246 7.4.2',
  },
  'chain-foreign': {
    severity: 'info',
    title: 'a certificate in the chain does not belong there',
    explain:
      'The host sends a certificate that is no part of any path from its own to a root. It costs bytes and confuses readers.',
    advice: 'Remove the certificate that does not belong from the chain file of {host}.',
    reference: 'RFC 8446 4.4.2',
  },
  'chain-root-sent': {
    severity: 'info',
    title: 'the root certificate is sent along',
    explain:
      'The host sends the root itself. It does no harm: whoever trusts the root has it already, and whoever has not will not begin to.',
    advice: 'The root can be left out of the chain file of {host}, except where a DANE-TA record needs it.',
    reference: 'RFC 8446 4.4.2',
  },
  'staple-missing': {
    severity: 'warning',
    title: 'a stapled OCSP response is missing',
    explain:
      'The certificate says that its server always sends along a fresh word of the authority that it is not revoked (must-staple). The host sends none. Mail servers put up with it today; clients that hold the certificate to its word do not connect.',
    advice: 'Turn OCSP stapling on at {host}, or get a certificate without the must-staple extension.',
    reference: 'RFC 7633 4.2.3',
  },
  'revocation-not-known': {
    severity: 'info',
    title: 'whether the certificate is revoked could not be learnt',
    explain:
      'The places that the certificate names were asked, and none gave an answer that counts. Senders that ask at all go on in such a case, and so does this test: the certificate is believed.',
    advice: 'Try again later; when it stays so, ask the authority that issued the certificate of {host}.',
    reference: 'RFC 6960 2.3',
  },
} as const satisfies Readonly<Record<string, FindingEntry>>;
