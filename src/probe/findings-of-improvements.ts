/** What is not wrong but could be better: policies the domain could publish and does not. */
import type { FindingEntry } from './finding-entry.ts';

export const IMPROVEMENT_FINDINGS = {
  'dane-absent': {
    severity: 'info',
    title: 'the host could have TLSA records',
    explain:
      'The zone of the host is signed, so that TLSA records would count, and there are none. With them, senders with DANE encrypt without exception and know whom they talk to.',
    advice: 'Publish the TLSA record of the key of {host}, and the next one before each change of the key.',
    reference: 'RFC 7672 2.2',
  },
  'mta-sts-absent': {
    severity: 'info',
    title: 'the domain could have an MTA-STS policy',
    explain:
      'The domain announces no MTA-STS policy. With one, senders that honour it refuse to be talked out of encryption and look at the certificate.',
    advice:
      'Serve a policy in testing mode at mta-sts.{domain}, announce it, and enforce it when the reports are clean.',
    reference: 'RFC 8461 3',
  },
  'tlsrpt-absent': {
    severity: 'info',
    title: 'the domain could have reports about TLS failures',
    explain: 'The domain does not say where reports about TLS failures go, so nobody tells its owner about them.',
    advice: 'Publish a TXT record at _smtp._tls.{domain} with an address that reads such reports.',
    reference: 'RFC 8460 3',
  },
} as const satisfies Readonly<Record<string, FindingEntry>>;
