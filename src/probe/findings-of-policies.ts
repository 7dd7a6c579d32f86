/** Findings about what the domain publishes: MTA-STS, DANE, TLSRPT. */
import type { FindingEntry } from './finding-entry.ts';

export const POLICY_FINDINGS = {
  'mta-sts-failed': {
    severity: 'error',
    title: 'the MTA-STS policy cannot be had',
    explain:
      'The domain announces an MTA-STS policy, but it cannot be fetched or read, or nobody knows whether there is one. Senders who kept an earlier policy go on applying it; new ones see none, so the protection is not there for them.',
    advice:
      'Serve the policy at https://mta-sts.{domain}/.well-known/mta-sts.txt with a certificate for exactly that name, without redirects, and set a new id in the record.',
    reference: 'RFC 8461 3.3',
  },
  'mta-sts-not-covered': {
    severity: 'error',
    title: 'the MTA-STS policy does not name this host',
    explain:
      'The policy lists the hosts that may take the mail of the domain, and this MX host is not among them. Senders with MTA-STS do not deliver there while the policy is enforced. A wildcard stands for exactly one label.',
    advice: 'Add "mx: {host}" to the policy of {domain} and set a new id in the record, or remove the MX record.',
    reference: 'RFC 8461 4.1',
  },
  'mta-sts-testing': {
    severity: 'info',
    title: 'the MTA-STS policy is in testing mode',
    explain:
      'In testing mode senders report faults and deliver all the same, so the policy protects nobody yet. It is meant as a first step.',
    advice: 'When the TLS reports show no faults, change the mode to "enforce" and set a new id in the record.',
    reference: 'RFC 8461 5',
  },
  'mta-sts-warning': {
    severity: 'warning',
    title: 'something about the MTA-STS policy is not as it should be',
    explain:
      'The policy is found and applied, but something about it is unusual, weakens it, or makes some senders refuse it.',
    advice: 'Correct it at the policy host of {domain}, and set a new id in the record when the policy changes.',
    reference: 'RFC 8461 3.2',
  },
  'dane-mismatch': {
    severity: 'error',
    title: 'no TLSA record matches the certificate',
    explain:
      'The host has TLSA records, and none of them matches the certificate it presents. Senders with DANE do not deliver to it at all. The usual cause is a new key without a new record.',
    advice:
      'Publish the record of the key that is in use before the key changes, and take the old one away only afterwards.',
    reference: 'RFC 7672 3.1',
  },
  'dane-unusable': {
    severity: 'warning',
    title: 'TLSA records that nobody can use',
    explain:
      'TLSA records are there, but none is of a kind that mail servers use: usage 2 or 3, selector 0 or 1, matching type 0 to 2, and a digest of the right length. Senders with DANE then need TLS, but check no certificate.',
    advice: 'Publish "3 1 1" with the SHA-256 digest of the public key of {host}.',
    reference: 'RFC 7672 3.1.3',
  },
  'dane-failed': {
    severity: 'error',
    title: 'the TLSA records cannot be looked up',
    explain:
      'The question for the TLSA records, or for the address below them, was not answered or failed validation. A sender with DANE must not take that for "no records": it keeps the mail and tries again.',
    advice:
      'Look at the name servers of {host} with the question for its TLSA records; middleboxes that drop unknown types do this, too.',
    reference: 'RFC 7672 2.1.3',
  },
  'dane-note': {
    severity: 'info',
    title: 'worth knowing about the TLSA records',
    explain:
      'Something about the TLSA records or the certificate behind them is unusual without being a fault for DANE senders.',
    advice: 'Take records away that match nothing any longer, once their time to live has passed.',
    reference: 'RFC 7671 5.1',
  },
  'tlsrpt-faulty': {
    severity: 'warning',
    title: 'the TLSRPT record is not valid',
    explain: 'The record that says where reports about TLS failures go cannot be used, so no reports are sent.',
    advice: 'Publish one TXT record at _smtp._tls.{domain}: "v=TLSRPTv1; rua=mailto:tls-reports@{domain}".',
    reference: 'RFC 8460 3',
  },
} as const satisfies Readonly<Record<string, FindingEntry>>;
