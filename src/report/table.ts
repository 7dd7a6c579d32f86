/**
 * The format `table`: what a person sees. The answer first, the reason second, the evidence below, nothing that has to
 * be decoded. It follows the width of the terminal; the matrix itself never wraps.
 */
import { showDomain } from '../base/domain.ts';
import type { Finding, HostResult, ProbeResult, StageName, StageResult } from '../probe/result.ts';
import { factorSentences } from './assurance.ts';
import { cleanResult } from './clean.ts';
import { pressingDate } from './clock-lines.ts';
import { headingOf, shownStages, socketOf } from './headings.ts';
import { colourPaint, hanging, type Paint, padEnd, padStart, plainPaint, widthOf, wrap } from './layout.ts';
import { pieces, type Rendering, type RenderOptions } from './rendering.ts';
import { scanSummary } from './scan-lines.ts';
import { groupPredictions, lossSentence, placed, policyRows, showModes, titleOf, verdictSentence } from './wording.ts';

/** Narrower than this the matrix could not stand in one piece, however the terminal is set. */
export const LEAST_WIDTH = 72;
const MODES_WIDTH = 22;

export function tableRendering(options: RenderOptions): Rendering {
  let first = true;
  const separated = (text: string): string => {
    const before = first ? '' : '\n';
    first = false;
    return before + text;
  };
  return pieces((result) => separated(renderTable(result, options)));
}

export function renderTable(unclean: ProbeResult, options: RenderOptions): string {
  const result = cleanResult(unclean);
  const width = Math.max(LEAST_WIDTH, options.width);
  const paint = options.colour ? colourPaint : plainPaint;
  const blocks = [
    headBlock(result, width, paint),
    matrixBlock(result, width, paint, options.oldHeadings),
    predictionBlock(result, width, paint),
    findingBlock(result, width, paint),
    clockBlock(result, width, paint),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.trimEnd()).join('\n'))
    .join('\n\n')}\n`;
}

function headBlock(result: ProbeResult, width: number, paint: Paint): string[] {
  const { confidence } = result;
  const target = targetWords(result);
  const score = confidence.value === null ? '' : `confidence ${confidence.value} of ${confidence.maximum} · `;
  const tone = confidence.value === null ? 'caution' : confidence.secure ? 'good' : 'bad';
  const sentence = `${score}${verdictSentence(result)}`;
  // Beside each other where both fit, else one under the other.
  const beside = widthOf(target) + 2 + Math.min(widthOf(sentence), 44) <= width;
  const lead = beside ? `${padEnd(target, Math.min(24, width))} ` : '  ';
  const text = wrap(sentence, width - widthOf(lead)).map((line, index) =>
    index === 0 && beside ? paint('strong', lead) + paint(tone, line) : ' '.repeat(widthOf(lead)) + paint(tone, line),
  );
  const indent = ' '.repeat(widthOf(lead));
  const losses = confidence.losses.flatMap((loss) =>
    hanging(`${indent}${padEnd(`-${loss.points}`, 4)} `, lossSentence(loss, result), width),
  );
  const factors = factorSentences(result).flatMap((line) => hanging(indent, line.trim(), width));
  return [...(beside ? [] : [paint('strong', target)]), ...text, ...losses, ...factors];
}

function targetWords({ target, domain }: ProbeResult): string {
  const shown = target.trim();
  return shown.toLowerCase().includes(domain.toLowerCase()) ? shown : `${shown} (${domain})`;
}

/** The matrix of the hosts seen so far; used by the live view, too. */
export function matrixLines(
  hosts: readonly HostResult[],
  average: ProbeResult['average'] | null,
  { width, paint, oldHeadings, startedAt }: MatrixOptions,
): string[] {
  const stages = shownStages(hosts);
  const cells = hosts.map(({ stages: results }) => stages.map((stage) => cellText(results[stage])));
  const averages = stages.map((stage) => percentText(average?.[stage] ?? null));
  const headings = stages.map((stage) => lowerHeading(stage, oldHeadings));
  const columns = stages.map(
    (_, index) => 1 + Math.max(...[headings, averages, ...cells].map((row) => widthOf(row[index] ?? '')), 5),
  );
  const stagesWidth = columns.reduce((sum, column) => sum + column, 0);
  const names = hosts.map(({ exchange }) => showDomain(exchange));
  const wanted = Math.max(...names.map(widthOf), 7) + 2;
  const room = width - stagesWidth - 6;
  // Names that leave no room for the matrix stand on a line of their own above their row.
  const stacked = wanted > room;
  const nameWidth = stacked ? Math.max(0, Math.min(room, 12)) : wanted;
  const row = (name: string, pref: string, texts: readonly string[], tone?: (index: number) => string): string =>
    padEnd(name, nameWidth) +
    padStart(pref, 6) +
    texts
      .map((text, index) => padStart(text, columns[index] ?? 0))
      .map((text, index) => tone?.(index) ?? text)
      .join('');
  const lines = [paint('faint', row(' MX host', 'pref', headings))];
  for (const [index, host] of hosts.entries()) {
    const name = ` ${names[index] ?? ''}`;
    const texts = cells[index] ?? [];
    const painted = row(stacked ? '' : name, String(host.preference), texts, (at) => {
      const padded = padStart(texts[at] ?? '', columns[at] ?? 0);
      return texts[at] === 'FAIL' ? paint('bad', padded) : padded;
    });
    if (stacked) lines.push(...wrap(name.trim(), width - 1).map((line) => ` ${line}`));
    lines.push(painted, ...factLines(host, width, stacked ? 3 : nameWidth + 6, paint, startedAt));
  }
  if (average !== null) lines.push(row(' average', '', averages));
  return lines;
}

export interface MatrixOptions {
  readonly width: number;
  readonly paint: Paint;
  readonly oldHeadings: boolean;
  /** ISO 8601: the day from which lifetimes are counted. */
  readonly startedAt: string;
}

function matrixBlock(result: ProbeResult, width: number, paint: Paint, oldHeadings: boolean): string[] {
  if (result.hosts.length === 0) return [];
  return matrixLines(result.hosts, result.average, { width, paint, oldHeadings, startedAt: result.startedAt });
}

function lowerHeading(stage: StageName, old: boolean): string {
  return headingOf(stage, old).toLowerCase();
}

function cellText({ result, ms }: StageResult): string {
  if (result === 'fail') return 'FAIL';
  if (result !== 'ok') return '';
  return ms === undefined ? 'ok' : `${ms} ms`;
}

function percentText(percent: number | null): string {
  return percent === null ? '' : `${percent} %`;
}

/** The second line of a host: where we were connected, and what was found there. */
function factLines(host: HostResult, width: number, indent: number, paint: Paint, startedAt: string): string[] {
  const socket = host.address === null ? 'no address' : socketOf(host.address, host.port);
  const column = Math.max(indent, widthOf(socket) + 5);
  const start = column + 30 > width ? widthOf(socket) + 5 : column;
  const lead = padEnd(`   ${socket}`, start);
  const facts = hanging(lead, hostFacts(host, startedAt), width);
  const scanned = host.scan === undefined ? [] : hanging(padEnd('', start), scanSummary(host.scan), width);
  return [...facts, ...scanned].map((line) => paint('faint', line));
}

/** `TLSv1.3 · TLS_AES_256_GCM_SHA384 · X25519 · certificate 61 of 90 days left`, or why there is no TLS. */
export function hostFacts(host: HostResult, startedAt: string): string {
  const failing = Object.values(host.stages).find(({ result }) => result === 'fail');
  if (host.tls === null) return failing?.detail ?? host.findings[0]?.detail ?? VERDICT_WORDS[host.verdict];
  const parts = [host.tls.protocol, host.tls.cipher];
  if (host.tls.group !== null) parts.push(host.tls.group);
  const { cert } = host.stages;
  if (cert.result === 'fail') parts.push(cert.code === undefined ? 'certificate not accepted' : titleOf(cert.code));
  else parts.push(lifetimeWords(host, startedAt));
  if (host.verdict !== 'encrypted') parts.push(failing?.detail ?? VERDICT_WORDS[host.verdict]);
  return parts.filter((part) => part !== '').join(' · ');
}

const VERDICT_WORDS: Readonly<Record<HostResult['verdict'], string>> = {
  encrypted: 'encrypted',
  clear: 'no TLS',
  'broken-tls': 'TLS breaks after the host agreed to it',
  unreachable: 'not reachable',
  inconclusive: 'could not be judged',
  skipped: 'skipped',
};

const DAY_MS = 86_400_000;

function lifetimeWords({ chain }: HostResult, startedAt: string): string {
  const leaf = chain?.sent[0];
  if (leaf === undefined) return '';
  const left = Math.floor((Date.parse(leaf.notAfter) - Date.parse(startedAt)) / DAY_MS);
  const whole = Math.round((Date.parse(leaf.notAfter) - Date.parse(leaf.notBefore)) / DAY_MS);
  return Number.isFinite(left) && Number.isFinite(whole) ? `certificate ${left} of ${whole} days left` : '';
}

function predictionBlock(result: ProbeResult, width: number, paint: Paint): string[] {
  if (result.status !== 'tested') return [];
  const groups = groupPredictions(result).map(
    ({ modes, sentence, prediction }) =>
      ({
        label: wrap(showModes(modes), MODES_WIDTH),
        sentence: sentence,
        tone: prediction.channel === 'encrypted' ? 'good' : prediction.channel === 'clear' ? 'caution' : 'bad',
      }) as const,
  );
  const policies = policyRows(result);
  const row = (label: string, text: string): string => ` ${padEnd(label, MODES_WIDTH)}  ${text}`;
  const lines = [paint('faint', row('A sender that uses', 'your mail would'))];
  for (const { label, sentence, tone } of groups) {
    const text = wrap(sentence, width - MODES_WIDTH - 3);
    for (let index = 0; index < Math.max(label.length, text.length); index++) {
      lines.push(row(label[index] ?? '', index < text.length ? paint(tone, text[index] ?? '') : ''));
    }
  }
  for (const [name, sentence] of policies) {
    lines.push(...wrap(sentence, width - MODES_WIDTH - 3).map((line, index) => row(index === 0 ? name : '', line)));
  }
  return lines;
}

const SIGNS: Readonly<Record<Finding['severity'], string>> = { error: 'x', warning: '!', info: 'i' };

function findingBlock(result: ProbeResult, width: number, paint: Paint): string[] {
  const lines: string[] = [];
  for (const finding of allFindings(result)) {
    const tone = finding.severity === 'error' ? 'bad' : finding.severity === 'warning' ? 'caution' : 'faint';
    const lead = ` ${SIGNS[finding.severity]} ${finding.code}  `;
    const [first = '', ...more] = wrap(`${lead.trim()}  ${placed(finding.host, finding.detail)}`, width - 3);
    lines.push(` ${paint(tone, first)}`, ...more.map((line) => `   ${line}`));
    const advice = wrap(finding.advice, width - 4);
    const last = advice.at(-1) ?? '';
    const gap = width - 3 - widthOf(last) - widthOf(finding.reference);
    if (gap >= 2) advice[advice.length - 1] = last + ' '.repeat(gap) + finding.reference;
    else advice.push(finding.reference);
    lines.push(...advice.map((line) => `   ${line}`), ...remedyHint(finding, width));
  }
  return lines;
}

/** Lines that the table has for a remedy; `detail` has all of it. */
const REMEDY_LINES = 2;

/** The first remedy of an error or a warning, what it adds before what it takes away, as far as it fits. */
function remedyHint({ severity, remedies }: Finding, width: number): readonly string[] {
  const [first] = remedies ?? [];
  if (first === undefined || severity === 'info') return [];
  const all = first.text.split('\n');
  const added = all.filter((line) => !line.startsWith('; '));
  const wrapped = wrap((added.length > 0 ? added : all).join('  '), width - 7);
  const shown = wrapped.slice(0, REMEDY_LINES);
  const rest = wrapped.length > REMEDY_LINES ? ' …' : '';
  return shown.map((line, index) => `   ${index === 0 ? '>' : ' '} ${line}${index === shown.length - 1 ? rest : ''}`);
}

/** The one date that presses most. */
function clockBlock(result: ProbeResult, width: number, paint: Paint): string[] {
  const pressing = pressingDate(result);
  return pressing === null ? [] : hanging(' clock  ', pressing, width).map((line) => paint('caution', line));
}

const SEVERITIES: readonly Finding['severity'][] = ['error', 'warning', 'info'];

/** Those of the domain and those of its hosts, each once, the worst first. */
export function allFindings(result: ProbeResult): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const finding of [...result.findings, ...result.hosts.flatMap(({ findings }) => findings)]) {
    found.set(`${finding.code} ${finding.host ?? ''} ${finding.address ?? ''} ${finding.detail}`, finding);
  }
  return [...found.values()].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}
