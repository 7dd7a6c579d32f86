/**
 * Findings: what a mail administrator should know, told from the evidence of each session and from the route. Each
 * has the catalogue's code, severity, title and advice, and a detail that says what was seen, with whom.
 */
import { printable } from '../base/printable.ts';
import { describeDnsFailure } from '../dns/answer.ts';
import type { RouteRemark } from '../dns/mail-route.ts';
import type { ChainRemark } from '../pki/chain-verdict.ts';
import { describeDialogueFailure, describeReply } from '../policy/describe.ts';
import type { EhloSeen, Evidence } from '../policy/evidence.ts';
import { certificateFaultOf } from './certificate-fault.ts';
import { strengthPoints } from './confidence.ts';
import { adviceFor, type FindingCode, findingEntry } from './finding-catalogue.ts';
import { type Finding, STAGES } from './result.ts';
import { stagesOf } from './stages.ts';
import { verdictOf } from './verdict.ts';

/** A greeting that took longer than this (ms) is worth a word, though it came. */
export const SLOW_GREETING_MS = 5_000;

/** Everything one session has to say. */
export function findingsOfSession(evidence: Evidence): readonly Finding[] {
  const at = (code: FindingCode, detail: string): Finding => findingAt(evidence, code, detail);
  return [
    ...verdictFindings(evidence, at),
    ...certificateFindings(evidence, at),
    ...tlsFindings(evidence, at),
    ...dialogueFindings(evidence, at),
  ];
}

type At = (code: FindingCode, detail: string) => Finding;

/** A finding about one MX host; the names of its certificate fill the advice. */
function findingAt(evidence: Evidence, code: FindingCode, detail: string): Finding {
  const presented = evidence.identity.kind === 'seen' ? evidence.identity.value.mx.presented[0] : undefined;
  return makeFinding(code, detail, { host: evidence.exchange, address: evidence.address, presented });
}

export interface FindingPlace {
  readonly host?: string | undefined;
  readonly address?: string | undefined;
  readonly domain?: string | undefined;
  readonly presented?: string | undefined;
}

/** A finding of the catalogue, with what was seen. Remote text in `detail` is made printable here. */
export function makeFinding(code: FindingCode, detail: string, place: FindingPlace): Finding {
  const { severity, title, reference } = findingEntry(code);
  return {
    code,
    severity,
    ...(place.host === undefined ? {} : { host: place.host }),
    ...(place.address === undefined ? {} : { address: place.address }),
    title,
    detail: printable(detail, 600),
    advice: adviceFor(code, place),
    reference,
  };
}

/** Why the session is not an encrypted one, in the words of the stage that failed. */
function verdictFindings(evidence: Evidence, at: At): readonly Finding[] {
  const { code } = verdictOf(evidence);
  if (code === null) return [];
  const stages = stagesOf(evidence);
  const failing = STAGES.map((stage) => stages[stage]).find(({ result }) => result === 'fail');
  return [at(code, failing?.detail ?? 'the run ended before this host could be judged')];
}

function certificateFindings(evidence: Evidence, at: At): readonly Finding[] {
  const fault = certificateFaultOf(evidence);
  const findings: Finding[] = fault === null ? [] : [at(fault.code, fault.detail)];
  if (evidence.identity.kind === 'seen' && fault !== null && fault.code !== 'certificate-name') {
    const { matched, expected, presented } = evidence.identity.value.mx;
    if (!matched)
      findings.push(
        at(
          'certificate-name',
          `the certificate is for ${presented.map((name) => (name === '' ? '""' : name)).join(', ') || 'no name'}, not for ${expected}`,
        ),
      );
  }
  if (evidence.path.kind !== 'seen') return findings;
  for (const remark of evidence.path.value.remarks) {
    const finding = remarkFinding(remark, at);
    if (finding !== null && !findings.some(({ code }) => code === finding.code)) findings.push(finding);
  }
  return findings;
}

function remarkFinding(remark: ChainRemark, at: At): Finding | null {
  switch (remark.kind) {
    case 'duplicate':
      return at(
        'chain-duplicate',
        `certificate ${remark.position} of the chain is the same as certificate ${remark.of}`,
      );
    case 'misordered':
      return at('chain-misordered', `certificate ${remark.position} does not stand behind the one it has signed`);
    case 'foreign':
      return at('chain-foreign', `certificate ${remark.position} (${remark.subject}) has no part in the chain`);
    case 'root-sent':
      return at(
        'chain-root-sent',
        `certificate ${remark.position} is the root itself, which every client has or does not trust`,
      );
    case 'near-expiry':
      return at(
        'certificate-near-expiry',
        `${remark.daysLeft} of ${remark.lifetimeDays} days are left of certificate ${remark.position}`,
      );
    case 'missing-intermediate':
      return at('certificate-missing-intermediate', `the chain lacks the certificate of ${remark.issuer}`);
    case 'weak-key':
      return at('certificate-weak-key', `certificate ${remark.position} has the key ${remark.key}`);
    case 'weak-signature':
      return at('certificate-weak-signature', `certificate ${remark.position} is signed with ${remark.signature}`);
    case 'staple-missing':
      return at('staple-missing', 'certificate 1 asks for a stapled OCSP response, and the host sends none');
    case 'revocation-not-known':
      return at('revocation-not-known', remark.why);
  }
}

function tlsFindings(evidence: Evidence, at: At): readonly Finding[] {
  if (evidence.handshake.kind !== 'seen') return [];
  const { protocol, cipher, bits } = evidence.handshake.value;
  const findings: Finding[] = [];
  if (protocol !== 'TLSv1.2' && protocol !== 'TLSv1.3')
    findings.push(at('tls-old-version', `the session uses ${protocol}`));
  if (strengthPoints(cipher, bits) > 0) {
    findings.push(at('cipher-weak', `the session uses ${cipher} (${bits} bit)`));
  }
  return findings;
}

function dialogueFindings(evidence: Evidence, at: At): readonly Finding[] {
  const { ehlo, ehloUnderTls, greeting, mail, rcpt } = evidence;
  const findings: Finding[] = [];
  if (greeting.kind === 'seen' && greeting.ms > SLOW_GREETING_MS) {
    findings.push(at('slow-greeting', `the greeting took ${(greeting.ms / 1000).toFixed(1)} s`));
  }
  if (ehloUnderTls.kind === 'seen' && offers(ehloUnderTls.value, 'STARTTLS')) {
    findings.push(at('starttls-advertised-inside-tls', 'STARTTLS is offered again inside TLS (RFC 3207 4.2)'));
  }
  const padded =
    ehlo.kind === 'seen' ? ehlo.value.keywords.find(({ keyword }) => OVERWRITTEN.test(keyword)) : undefined;
  if (padded !== undefined) {
    findings.push(at('extensions-changed', `EHLO shows ${padded.keyword} where an extension must have stood`));
  }
  const unauthenticated = whyUnauthenticated(evidence);
  if (unauthenticated !== null) findings.push(at('auth-failed', unauthenticated));
  if (mail.kind === 'failed' && mail.failure.kind === 'refused') {
    findings.push(at('sender-refused', `MAIL FROM was answered ${describeReply(mail.failure.reply)}`));
  }
  if (rcpt.kind === 'failed' && rcpt.failure.kind === 'refused') {
    findings.push(at('recipient-refused', `RCPT TO was answered ${describeReply(rcpt.failure.reply)}`));
  }
  return findings;
}

/** Null where nobody asked for it, where it worked, and where the session did not come that far (R3). */
function whyUnauthenticated({ auth }: Evidence): string | null {
  if (auth.kind === 'failed') return describeDialogueFailure('AUTH', auth.failure);
  if (auth.kind !== 'not-tried') return null;
  switch (auth.why) {
    case 'no-session':
      return 'no credentials were sent, since the session is not encrypted';
    case 'not-verified':
      return 'no credentials were sent, since the certificate does not prove that it is this host';
    case 'not-offered':
      return 'no credentials were sent, since the host does not offer that way of authenticating';
    case 'not-asked':
    case 'helo-only':
    case 'implicit-tls':
      return null;
  }
}

/** What a middlebox writes over an extension it takes away, such as XXXXXXXA for STARTTLS (S-TLS-6). */
const OVERWRITTEN = /^X{4,}[A-Z]?$/;

function offers({ keywords }: EhloSeen, wanted: string): boolean {
  return keywords.some(({ keyword }) => keyword === wanted);
}

/**
 * What the route itself has to say (S-MX-5 to S-MX-7). An address that is not public but answered is in a network of
 * the person who asks, who knows about it.
 */
export function findingsOfRoute(
  remarks: readonly RouteRemark[],
  domain: string,
  reached: ReadonlySet<string>,
): readonly Finding[] {
  return remarks
    .filter((remark) => remark.kind !== 'mx-not-public' || !reached.has(remark.address))
    .map((remark) => routeFinding(remark, domain));
}

function routeFinding(remark: RouteRemark, domain: string): Finding {
  switch (remark.kind) {
    case 'mx-is-alias':
      return makeFinding('mx-is-alias', `${remark.exchange} is a CNAME for ${remark.canonicalName}`, {
        host: remark.exchange,
        domain,
      });
    case 'mx-is-address-literal':
      return makeFinding('mx-is-address-literal', `the MX record of ${domain} holds the address ${remark.exchange}`, {
        host: remark.exchange,
        domain,
      });
    case 'mx-has-no-address':
      if (remark.family !== undefined) {
        const detail = `${remark.exchange} has no IPv${remark.family} address, and only IPv${remark.family} was to be used`;
        return makeFinding('no-address-of-family', detail, { host: remark.exchange, domain });
      }
      return makeFinding('mx-has-no-address', `${remark.exchange} has neither an A nor an AAAA record`, {
        host: remark.exchange,
        domain,
      });
    case 'mx-lookup-failed':
      return makeFinding('mx-lookup-failed', `looking up ${remark.exchange}: ${describeDnsFailure(remark.failure)}`, {
        host: remark.exchange,
        domain,
      });
    case 'mx-not-public':
      return makeFinding('mx-not-public', `${remark.exchange} has the ${remark.scope} address ${remark.address}`, {
        host: remark.exchange,
        address: remark.address,
        domain,
      });
    case 'mx-bad-name':
      return makeFinding('mx-bad-name', `"${remark.exchange}" is not a host name`, { host: remark.exchange, domain });
    case 'mx-duplicate':
      return makeFinding('mx-duplicate', `${remark.exchange} stands in the MX records more than once`, {
        host: remark.exchange,
        domain,
      });
    case 'null-mx-among-others':
      return makeFinding('null-mx-among-others', `${domain} has a null MX beside other MX records`, { domain });
    case 'too-many-hosts':
      return makeFinding(
        'too-many-hosts',
        `${domain} has ${remark.hosts} MX hosts; the first ${remark.kept} were tested`,
        { domain },
      );
    case 'too-many-addresses':
      return makeFinding(
        'too-many-addresses',
        `${remark.exchange} has ${remark.addresses} addresses; the first ${remark.kept} were tested`,
        {
          host: remark.exchange,
          domain,
        },
      );
    case 'domain-is-alias':
      return makeFinding('domain-is-alias', `${remark.domain} is a CNAME for ${remark.canonicalName}`, { domain });
  }
}
