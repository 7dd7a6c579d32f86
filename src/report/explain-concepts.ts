/** What `explain` says of things that are no findings: modes, stages, verdicts, chain problems, the score. */
import { SECURE_FROM } from '../probe/confidence.ts';

export interface Concept {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly kind: 'TLS mode' | 'stage' | 'verdict' | 'chain problem' | 'score' | 'policy';
  readonly text: readonly string[];
}

const mode = (name: string, ...text: readonly string[]): Concept => ({ name, aliases: [], kind: 'TLS mode', text });
const stage = (name: string, alias: string, ...text: readonly string[]): Concept => ({
  name,
  aliases: [alias],
  kind: 'stage',
  text,
});
const verdict = (name: string, ...text: readonly string[]): Concept => ({ name, aliases: [], kind: 'verdict', text });
const problem = (name: string, ...text: readonly string[]): Concept => ({
  name,
  aliases: [],
  kind: 'chain problem',
  text,
});

export const CONCEPTS: readonly Concept[] = [
  mode('no', 'The sender never uses TLS: mail goes in clear. A server that insists on TLS refuses it (530).'),
  mode(
    'preferred',
    'The sender uses TLS where it is offered and does not look at the certificate. If TLS fails before the server agreed to it with 220, mail goes in clear; if it fails afterwards, it never falls back to clear text, and the next host is tried.',
  ),
  mode(
    'required',
    'The sender uses TLS or does not deliver. It does not look at the certificate, so mail is encrypted, but perhaps to somebody else.',
  ),
  mode(
    'preferred-verify',
    'As preferred, and the certificate is looked at. A certificate that cannot be verified is logged; mail goes encrypted all the same. Without TLS it goes in clear.',
  ),
  mode(
    'required-verify',
    'The sender delivers only over TLS and only when the chain is trusted and the certificate proves to be the recipient domain: V1 a SAN is the domain, V2 the CN is the domain, V3 the CN is the forward-confirmed reverse name of the address. The MX host name is never accepted: it comes from the DNS, which may be forged.',
  ),
  mode(
    'required-verify-hosted',
    'As required-verify, but made for hosted mail: H1 a name of the certificate is the recipient domain, H2 it is the host of an explicit route, H3 without such a route it is the name of the MX host connected to. Where there are SANs the CN does not count. H3 is weak unless the DNS answer was secured.',
  ),
  {
    name: 'verify',
    aliases: ['tlsverify', 'v1', 'v2', 'v3'],
    kind: 'policy',
    text: [
      'Algorithm Verify asks whether a certificate proves to be the recipient domain: V1 a SAN is the domain, V2 the CN is the domain (wildcards stand for one label), V3 the CN is the reverse name of the address, if that name leads back to the address. The MX host name is never accepted. It is used by preferred-verify, required-verify and the command tlsverify.',
    ],
  },
  {
    name: 'hosted',
    aliases: ['h1', 'h2', 'h3'],
    kind: 'policy',
    text: [
      'Algorithm Hosted asks whether a certificate proves to be the recipient domain (H1), the host of an explicit SMTP route (H2), or without such a route the MX host connected to (H3). SANs alone count where there are any, else the CN.',
    ],
  },
  {
    name: 'mta-sts',
    aliases: ['mtasts', 'sts'],
    kind: 'policy',
    text: [
      'MTA-STS (RFC 8461) lets a domain say over HTTPS which MX hosts it has and that they must be reached over verified TLS. "enforce": senders that know the policy do not deliver otherwise; "testing": they deliver and report; "none": the policy is withdrawn.',
    ],
  },
  {
    name: 'dane',
    aliases: ['tlsa'],
    kind: 'policy',
    text: [
      'DANE (RFC 7672) lets the owner of a host publish in a signed zone which certificate it has (TLSA). Senders with DANE then deliver only to that one, whatever authority issued it. It needs DNSSEC on the way.',
    ],
  },
  stage('answer', 'tcp', 'The TCP connection to the address and port is accepted. The time is that of the connection.'),
  stage(
    'connect',
    'banner',
    'The greeting 220 arrives. Waits here are often on purpose, or come from slow look-ups at the receiver.',
  ),
  stage(
    'helo',
    'ehlo',
    'EHLO is accepted, or HELO where EHLO is not known. Extensions such as STARTTLS are listed in the answer to EHLO.',
  ),
  stage('tls', 'starttls', 'STARTTLS is offered, and the command is answered with 220.'),
  stage(
    'cert',
    'certificate',
    'The TLS handshake, the chain of certificates up to a trusted root, and the name of the MX host in the certificate. A failure here does not stop encryption, and the later stages are still run.',
  ),
  stage('secure', 'encryption', 'The second EHLO, inside the encrypted session, is answered.'),
  stage('from', 'sender', 'MAIL FROM is accepted. It does not change the score.'),
  stage(
    'to',
    'recipient',
    'RCPT TO is accepted. Tested only where a full address was given; it does not change the score. No message is ever sent.',
  ),
  verdict(
    'encrypted',
    'A TLS session came about and SMTP went on inside it. To whom is another question: see the certificate.',
  ),
  verdict('clear', 'SMTP works, but no TLS: it is not offered or was refused. Scores 0.'),
  verdict(
    'broken-tls',
    'The host agreed to TLS with 220, and then it failed. Senders must not fall back to clear text here, so mail waits. Scores 0.',
  ),
  verdict(
    'unreachable',
    'No TCP connection, or no greeting. It may or may not be secure: scores 50, at half the weight.',
  ),
  verdict(
    'inconclusive',
    'The host is there but put us off before TLS could be judged. It is left out of the score, which is then provisional.',
  ),
  verdict(
    'skipped',
    'Not tested because of this machine: it has no address of that family, or the address is not permitted. It costs nothing.',
  ),
  problem('expired', 'A certificate on every possible path is past its end.'),
  problem('not-yet-valid', 'A certificate on every possible path begins in the future.'),
  problem('self-signed', 'The certificate is signed with its own key and is not itself trusted.'),
  problem('untrusted-root', 'The chain is complete, but the root at its end is not among the trust anchors.'),
  problem('missing-intermediate', 'The chain ends before a root, and the certificate that would lead on was not sent.'),
  problem('not-a-ca', 'A certificate that may not sign certificates has signed one of the chain.'),
  problem('path-too-long', 'A certificate limits how many may follow it, and more do.'),
  problem('key-usage', 'A key was used for something its certificate does not allow.'),
  problem('extended-key-usage', 'The certificate is not meant for TLS servers.'),
  problem('name-constraints', 'An authority may issue for certain names only, and this is none of them.'),
  problem('unknown-critical-extension', 'A certificate demands that an extension be understood which is not.'),
  problem('weak-key', 'A key in the chain is short enough to be broken.'),
  problem('weak-signature', 'A signature in the chain uses MD5 or SHA-1.'),
  problem('bad-signature', 'A signature does not fit: the certificate was changed, or signed by another key.'),
  problem('revoked', 'The authority has withdrawn the certificate.'),
  problem('malformed', 'A certificate cannot be read.'),
  problem('too-many-certificates', 'The chain is longer than any honest one and was not looked at.'),
  problem('search-limit', 'The search for a path was given up: the certificates allow too many combinations.'),
  {
    name: 'confidence',
    aliases: ['cf-1', 'cf1', 'score'],
    kind: 'score',
    text: [
      `The Confidence Factor CF-1 is a number from 0 to 121; from ${SECURE_FROM} on the word is "secure". Every host is scored: 0 in clear or broken, 50 unreachable, otherwise by TLS version (1.0 70, 1.1 80, 1.2 100, 1.3 107), less 10 for a certificate fault, less up to 9 for cipher and key, never below 51, plus 7 each for MTA-STS and DANE. Hosts are averaged, each worse preference with half the weight.`,
      'The formula is this project\'s own, fitted to the published results of a well-known tester. A number of 90 with a certificate fault means "encrypted, to somebody": read the reasons beside it. "tlsreach probe --format detail" shows every term.',
    ],
  },
];
