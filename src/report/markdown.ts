/** The format `markdown`: for tickets and wikis. Remote text stands where markup has no power over it. */
import { showDomain } from '../base/domain.ts';
import type { ProbeResult, Remedy } from '../probe/result.ts';
import { ASSURANCE_TITLE, assuranceRows, factorSentences } from './assurance.ts';
import { cleanResult } from './clean.ts';
import { FORMULA_NOTE } from './derivation.ts';
import { averageCell, headingOf, matrixCell, serverCell, shownStages } from './headings.ts';
import { remedyTitle } from './remedy-lines.ts';
import { pieces, type Rendering, type RenderOptions } from './rendering.ts';
import { allFindings, hostFacts } from './table.ts';
import { endedSentence, groupPredictions, lossSentence, policyRows, showModes, verdictSentence } from './wording.ts';

export function markdownRendering(options: RenderOptions): Rendering {
  return pieces((result) => `${renderMarkdown(result, options)}${options.many ? '\n' : ''}`);
}

export function renderMarkdown(unclean: ProbeResult, { oldHeadings }: Pick<RenderOptions, 'oldHeadings'>): string {
  const result = cleanResult(unclean);
  const { confidence } = result;
  const score = confidence.value === null ? 'no score' : `${confidence.value} of ${confidence.maximum}`;
  const lines = [
    `## ${escapeMarkdown(result.target)}: ${score}`,
    '',
    `${escapeMarkdown(verdictSentence(result))}.`,
    ...confidence.losses.map(
      (loss, index) => `${index === 0 ? '\n' : ''}- −${loss.points} ${escapeMarkdown(lossSentence(loss, result))}`,
    ),
    ...factorSentences(result).map((line, index) => `${index === 0 ? '\n' : ''}- ${escapeMarkdown(line.trim())}`),
    ...matrix(result, oldHeadings),
    ...assurance(result, oldHeadings),
    ...predictions(result),
    ...findings(result),
    '',
    `${escapeMarkdown(result.startedAt)}, ${confidence.formula}. ${FORMULA_NOTE}`,
  ];
  return `${lines.join('\n')}\n`;
}

function matrix(result: ProbeResult, oldHeadings: boolean): readonly string[] {
  const { hosts, average } = result;
  if (hosts.length === 0) return [];
  const stages = shownStages(hosts);
  return [
    '',
    row(['MX Server', 'Pref', ...stages.map((stage) => headingOf(stage, oldHeadings))]),
    row(['---', '---:', ...stages.map(() => '---:')]),
    ...hosts.map((host) =>
      row([
        escapeMarkdown(serverCell(host)),
        String(host.preference),
        ...stages.map((stage) => matrixCell(host.stages[stage])),
      ]),
    ),
    row(['Average', '', ...stages.map((stage) => averageCell(average[stage]))]),
    '',
    ...hosts.map(
      (host) => `- ${escapeMarkdown(serverCell(host))}: ${escapeMarkdown(hostFacts(host, result.startedAt))}`,
    ),
  ];
}

function assurance(result: ProbeResult, oldHeadings: boolean): readonly string[] {
  const [head, ...rows] = assuranceRows(result, oldHeadings);
  if (head === undefined) return [];
  return [
    '',
    `${ASSURANCE_TITLE}:`,
    '',
    row(head),
    row(head.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map((cells) => row(cells.map(escapeMarkdown))),
  ];
}

function predictions(result: ProbeResult): readonly string[] {
  if (result.status !== 'tested') return [];
  return [
    '',
    row(['A sender that uses', 'your mail would']),
    row(['---', '---']),
    ...groupPredictions(result).map(({ modes, sentence }) => row([showModes(modes), escapeMarkdown(sentence)])),
    ...policyRows(result).map(([name, sentence]) => row([name, escapeMarkdown(sentence)])),
  ];
}

function findings(result: ProbeResult): readonly string[] {
  const found = allFindings(result);
  if (found.length === 0) return [];
  return [
    '',
    ...found.flatMap(({ severity, code, host, detail, advice, reference, remedies = [] }) => {
      const where = host === undefined ? '' : ` ${escapeMarkdown(showDomain(host))}:`;
      return [
        `- **${severity} ${code}**${where} ${escapeMarkdown(endedSentence(detail))} ${escapeMarkdown(advice)} (${escapeMarkdown(reference)})`,
        ...remedies.flatMap(remedyLines),
      ];
    }),
  ];
}

/** A code block inside the item of the list; its fence is longer than any run of backticks in it (CommonMark 4.5). */
function remedyLines(remedy: Remedy): readonly string[] {
  const longest = Math.max(2, ...(remedy.text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const block = [`${fence}text`, ...remedy.text.split('\n'), fence];
  return ['', `  ${escapeMarkdown(remedyTitle(remedy))}:`, '', ...block.map((line) => `  ${line}`), ''];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/**
 * Every ASCII character with a meaning is escaped (CommonMark 2.4), HTML included. A bare address, which many make a link
 * of (GFM 6.9), stays text: nobody should be one click from where a hostile host would like to have them.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>()#+!|~&]/g, (character) =>
      character === '<' ? '&lt;' : character === '&' ? '&amp;' : `\\${character}`,
    )
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}&#46;`);
}
