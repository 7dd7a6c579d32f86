/**
 * The format `detail`: everything that was seen, in the order a receiver tester shows it: factor, matrix with average,
 * then for each host its transcript, chain and identity, and at the end the DNS and how the score came about.
 */
import { showDomain } from '../base/domain.ts';
import type { StepVerdict } from '../pki/identity-verdict.ts';
import type { Finding, HostResult, ProbeResult } from '../probe/result.ts';
import { ASSURANCE_TITLE, assuranceRows, factorSentences } from './assurance.ts';
import { chainLines } from './chain-lines.ts';
import { cleanResult } from './clean.ts';
import { clockLines } from './clock-lines.ts';
import { derivationLines } from './derivation.ts';
import { averageCell, headingOf, matrixCell, serverCell, shownStages } from './headings.ts';
import { colourPaint, type Paint, padEnd, plainPaint, widthOf } from './layout.ts';
import { remedyTitle, whatIfLines } from './remedy-lines.ts';
import { pieces, type Rendering, type RenderOptions } from './rendering.ts';
import { scanLines } from './scan-lines.ts';
import { allFindings } from './table.ts';
import { transcriptLine } from './transcript.ts';
import { groupPredictions, groupSenders, lossSentence, policyRows, showModes, verdictSentence } from './wording.ts';

export function detailRendering(options: RenderOptions): Rendering {
  return pieces((result) => `${renderDetail(result, options)}${options.many ? '\n' : ''}`);
}

export function renderDetail(unclean: ProbeResult, { colour, oldHeadings }: RenderOptions): string {
  const result = cleanResult(unclean);
  const paint = colour ? colourPaint : plainPaint;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['', factorLines(result)],
    ['', matrixText(result, oldHeadings)],
    [ASSURANCE_TITLE, inColumns(assuranceRows(result, oldHeadings))],
    ['What a sender would do', predictionLines(result)],
    ['Findings', findingLines(allFindings(result))],
    ['What could be better', findingLines(result.improvements ?? [])],
    ['What mending would give', whatIfLines(result)],
    ...result.hosts.map((host): readonly [string, readonly string[]] => [serverCell(host), hostLines(host, result)]),
    ['DNS', dnsLines(result)],
    ['Dates to know', clockLines(result)],
    ['How the score came about', derivationLines(result)],
  ];
  return `${sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) =>
      [...(title === '' ? [] : heading(title, paint)), ...lines].map((line) => line.trimEnd()).join('\n'),
    )
    .join('\n\n')}\n`;
}

function heading(title: string, paint: Paint): readonly string[] {
  return [paint('strong', title), paint('faint', '-'.repeat(widthOf(title)))];
}

/** The factor line, the yes/no line, and what was lost. */
export function factorLines(result: ProbeResult): readonly string[] {
  const { confidence, target } = result;
  const value = confidence.value === null ? 'none' : String(confidence.value);
  const scale =
    confidence.percent === null
      ? ''
      : ` of ${confidence.maximum} (${confidence.percent}%), best in class ${confidence.bestInClass}`;
  return [
    `Confidence Factor ${confidence.formula} for "${target}": ${value}${scale}`,
    ...factorSentences(result),
    sentence(verdictSentence(result)),
    ...confidence.losses.map((loss) => `-${loss.points} ${lossSentence(loss, result)}`),
  ];
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The MX matrix with its Average row (R28 to R34), in columns. */
export function matrixText({ hosts, average }: ProbeResult, oldHeadings: boolean): readonly string[] {
  if (hosts.length === 0) return [];
  const stages = shownStages(hosts);
  const rows = [
    ['MX Server', 'Pref', ...stages.map((stage) => headingOf(stage, oldHeadings))],
    ...hosts.map((host) => [
      serverCell(host),
      String(host.preference),
      ...stages.map((stage) => matrixCell(host.stages[stage])),
    ]),
    ['Average', '', ...stages.map((stage) => averageCell(average[stage]))],
  ];
  return inColumns(rows);
}

function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? '')))) ?? [];
  return rows.map((row) => row.map((cell, column) => padEnd(cell, widths[column] ?? 0)).join('  '));
}

function predictionLines(result: ProbeResult): readonly string[] {
  if (result.status !== 'tested') return [];
  return [
    ...groupPredictions(result).flatMap(({ modes, sentence: words, prediction }) => [
      `${showModes(modes)}: your mail would ${words} (${prediction.basis})`,
      ...prediction.because.map((reason) => `    ${reason}`),
    ]),
    ...groupSenders(result).map(([senders, words]) => `${senders}: your mail would ${words}`),
    ...policyRows(result).map(([name, words]) => `${name}: ${words}`),
  ];
}

function findingLines(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ code, severity, host, title, detail, advice, reference, remedies = [] }) => [
    `${severity}: ${code}${host === undefined ? '' : ` at ${showDomain(host)}`}: ${title}`,
    `    ${detail}`,
    `    ${advice} (${reference})`,
    ...remedies.flatMap((remedy) => [
      `    ${remedyTitle(remedy)}:`,
      ...remedy.text.split('\n').map((line) => `        ${line}`),
    ]),
  ]);
}

function hostLines(host: HostResult, result: ProbeResult): readonly string[] {
  const { tls, chain, identity } = host;
  const route =
    result.dns.mx.source === 'given'
      ? `Using the supplied MX ${showDomain(host.exchange)} (preference:${host.preference})`
      : `Trying TLS on ${showDomain(host.exchange)}[${host.address ?? 'no address'}] (${host.preference}):`;
  return [
    route,
    ...host.transcript.map(transcriptLine),
    ...(tls === null
      ? []
      : [
          '',
          `Session: ${tls.protocol}, ${tls.cipher} (${tls.cipherStandardName}), ${tls.bits} bits, ${tls.group ?? 'no group'}, SNI ${tls.serverName ?? 'none'}`,
        ]),
    ...(chain === null
      ? []
      : ['', 'Chain:', ...chainLines(chain, Date.parse(result.startedAt)).map((line) => `  ${line}`)]),
    ...(identity === null ? [] : ['', 'Whose certificate is it?', ...identityLines(host).map((line) => `  ${line}`)]),
    ...extensionLines(host),
    ...(host.dane.status === 'not-tested' ? [] : [`DANE: ${host.dane.status}`]),
    ...(host.mtaSts.status === 'not-tested' ? [] : [`MTA-STS: ${host.mtaSts.status}`]),
    ...(host.scan === undefined ? [] : ['', ...scanLines(host.scan)]),
  ];
}

/** The three verdicts side by side, and the strict one (R96). */
export function identityLines({ identity }: HostResult): readonly string[] {
  if (identity === null) return [];
  const { mx, verify, hosted } = identity;
  const names = mx.presented.length === 0 ? 'no name' : mx.presented.join(' | ');
  return [
    `MX name (as receiver testers compare): ${mx.matched ? `yes, ${mx.expected} = ${names}` : `NO, ${mx.expected} != ${names}`}`,
    `Verify: ${stepWords(verify)}`,
    ...verify.trail.map((line) => `    ${line}`),
    `Hosted: ${stepWords(hosted)}`,
    ...hosted.trail.map((line) => `    ${line}`),
    `RFC 9525 (no CN at all): ${identity.matched ? 'yes' : 'NO'}`,
  ];
}

function stepWords({ matched, step, strength }: StepVerdict): string {
  if (!matched) return 'NO';
  const proof = strength === 'weak' ? 'weak: the compared name came from unauthenticated DNS' : 'strong';
  return `yes, by ${step ?? 'a match'} (${proof})`;
}

function extensionLines({ extensions, extensionsUnderTls }: HostResult): readonly string[] {
  if (extensions.length === 0 && extensionsUnderTls.length === 0) return [];
  return [
    '',
    `Offered in clear: ${extensions.join(', ') || 'nothing'}`,
    `Offered inside TLS: ${extensionsUnderTls.join(', ') || 'nothing'}`,
  ];
}

function dnsLines({ domain, dns, trust, startedAt, elapsedMs, problem }: ProbeResult): readonly string[] {
  const whose = dns.mx.securityFrom === null ? 'nobody believed has said so' : `by the word of ${dns.mx.securityFrom}`;
  const sources: Readonly<Record<string, string>> = {
    mx: 'MX records',
    implicit: 'no MX record, the domain itself',
    given: 'the server was given',
  };
  return [
    `Domain ${domain}${domain.includes('xn--') ? ` (${showDomain(domain)})` : ''}: ${dns.mx.source === null ? 'no route' : (sources[dns.mx.source] ?? dns.mx.source)}`,
    `DNSSEC: ${dns.mx.security} (${dns.mx.security === 'secure' || dns.mx.security === 'bogus' ? whose : dns.mx.security === 'insecure' ? 'not signed' : whose})`,
    ...dns.mx.records.map(
      ({ exchange, preference }) =>
        `    MX ${preference} ${exchange === '' ? '.' : exchange}${securityWords(dns, exchange)}`,
    ),
    `Resolvers: ${dns.resolvers.join(', ') || 'none asked'}`,
    `Trust anchors: ${trust.anchors} (${trust.sources.map(({ name, count, date }) => `${name} ${count}${date === null ? '' : `, ${date.slice(0, 10)}`}`).join('; ')})`,
    `Started ${startedAt}, took ${elapsedMs} ms`,
    ...(problem === null ? [] : [problem]),
  ];
}

/** `: addresses secure, TLSA records insecure` (R27). */
function securityWords({ hosts }: ProbeResult['dns'], exchange: string): string {
  const host = hosts.find((each) => each.exchange === exchange);
  if (host === undefined) return '';
  return `: addresses ${host.addresses}${host.tlsa === null ? '' : `, TLSA records ${host.tlsa}`}`;
}
