/**
 * The format `html`: one file that needs nothing else, light and dark, phone to desktop, no script; and `pager-html`, the
 * rows of a batch as a table.
 */
import { showDomain } from '../base/domain.ts';
import type { HostResult, ProbeResult, Remedy } from '../probe/result.ts';
import { ASSURANCE_TITLE, assuranceRows, factorSentences } from './assurance.ts';
import { chainLines } from './chain-lines.ts';
import { cleanResult } from './clean.ts';
import { clockLines } from './clock-lines.ts';
import { derivationLines } from './derivation.ts';
import { identityLines } from './detail.ts';
import { averageCell, headingOf, matrixCell, serverCell, shownStages } from './headings.ts';
import { HTML_STYLE } from './html-style.ts';
import { PAGER_HEADINGS, pagerCells } from './lines.ts';
import { type Markup, markup, NOTHING } from './markup.ts';
import { remedyTitle, whatIfLines } from './remedy-lines.ts';
import type { Rendering, RenderOptions } from './rendering.ts';
import { scanLines } from './scan-lines.ts';
import { allFindings, hostFacts } from './table.ts';
import { transcriptLine } from './transcript.ts';
import { groupPredictions, groupSenders, lossSentence, policyRows, showModes, verdictSentence } from './wording.ts';

export function htmlRendering(options: RenderOptions): Rendering {
  return {
    begin: () => pageHead('tlsreach'),
    each: (result) => `${article(cleanResult(result), options).markup}\n`,
    end: () => '</main>\n</body>\n</html>\n',
  };
}

export function pagerHtmlRendering(): Rendering {
  return {
    begin: () =>
      `${pageHead('tlsreach batch')}<div class="wide"><table>\n<thead>${markup`<tr>${PAGER_HEADINGS.map((heading) => markup`<th scope="col">${heading}</th>`)}</tr>`.markup}</thead>\n<tbody>\n`,
    each: (result) =>
      `${markup`<tr>${pagerCells(cleanResult(result)).map((cell) => markup`<td>${cell}</td>`)}</tr>`.markup}\n`,
    end: () => '</tbody>\n</table></div>\n</main>\n</body>\n</html>\n',
  };
}

function pageHead(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
${markup`<title>${title}</title>`.markup}
<style>
${HTML_STYLE}</style>
</head>
<body>
<main>
`;
}

function article(result: ProbeResult, options: RenderOptions): Markup {
  return markup`<article>
${verdictBand(result)}
${predictionTable(result)}
${assuranceTable(result, options.oldHeadings)}
${matrixTable(result, options.oldHeadings)}
${findingList(result)}
${result.hosts.map((host) => hostSection(host, result))}
${listSection('What mending would give', whatIfLines(result))}
${listSection('Dates to know', clockLines(result))}
${listSection('How the score came about', derivationLines(result))}
<footer>${result.startedAt}, ${result.elapsedMs} ms, resolvers ${result.dns.resolvers.join(', ')}, ${result.trust.anchors} trust anchors</footer>
</article>`;
}

function verdictBand(result: ProbeResult): Markup {
  const { confidence, target, domain } = result;
  const tone = confidence.value === null ? 'unknown' : confidence.secure ? 'good' : 'bad';
  const score =
    confidence.value === null ? markup`–` : markup`${confidence.value}<small> of ${confidence.maximum}</small>`;
  return markup`<header class="${tone}">
<h1>${target}${domain.includes('xn--') ? ` (${showDomain(domain)})` : ''}</h1>
<p class="score">${score}</p>
<p class="sentence">${verdictSentence(result)}</p>
${factorSentences(result).map((line) => markup`<p>${line.trim()}</p>`)}
<ul class="losses">${confidence.losses.map((loss) => markup`<li>−${loss.points} ${lossSentence(loss, result)}</li>`)}</ul>
</header>`;
}

const SIGNS = { encrypted: ['good', '✓'], clear: ['caution', '!'], none: ['bad', '✕'] } as const;

function predictionTable(result: ProbeResult): Markup {
  if (result.status !== 'tested') return NOTHING;
  const rows = groupPredictions(result).map(({ modes, sentence, prediction }) => {
    const [tone, sign] = SIGNS[prediction.channel];
    return markup`<tr><th scope="row">${showModes(modes)}</th><td><span class="sign ${tone}">${sign}</span> ${sentence}</td></tr>
`;
  });
  const policies = policyRows(result).map(
    ([name, words]) => markup`<tr><th scope="row">${name}</th><td>${words}</td></tr>
`,
  );
  const others = groupSenders(result).map(
    ([senders, words]) => markup`<tr><th scope="row">${senders}</th><td>${words}</td></tr>
`,
  );
  return markup`<section><h2>What a sender would do</h2>
<table class="senders"><thead><tr><th scope="col">A sender that uses</th><th scope="col">your mail would</th></tr></thead>
<tbody>${rows}${policies}</tbody></table>
<details><summary>Other senders</summary><table class="senders"><tbody>${others}</tbody></table></details></section>`;
}

function matrixTable({ hosts, average }: ProbeResult, old: boolean): Markup {
  if (hosts.length === 0) return NOTHING;
  const stages = shownStages(hosts);
  const head = stages.map((stage) => markup`<th scope="col">${headingOf(stage, old)}</th>`);
  const rows = hosts.map((host) => {
    const cells = stages.map((stage) => {
      const { result, detail } = host.stages[stage];
      return markup`<td data-stage="${headingOf(stage, old)}" class="${result}" title="${detail ?? ''}">${matrixCell(host.stages[stage])}</td>`;
    });
    return markup`<tr><th scope="row">${serverCell(host)}</th><td data-stage="Pref">${host.preference}</td>${cells}</tr>
`;
  });
  const averages = stages.map(
    (stage) => markup`<td data-stage="${headingOf(stage, old)}">${averageCell(average[stage])}</td>`,
  );
  return markup`<section><h2>MX hosts</h2><div class="wide"><table class="matrix">
<thead><tr><th scope="col">MX Server</th><th scope="col">Pref</th>${head}</tr></thead>
<tbody>${rows}</tbody>
<tfoot><tr><th scope="row">Average</th><td></td>${averages}</tr></tfoot></table></div></section>`;
}

function assuranceTable(result: ProbeResult, old: boolean): Markup {
  const [head, ...rows] = assuranceRows(result, old);
  if (head === undefined) return NOTHING;
  const cells = (row: readonly string[]) =>
    row.map((cell, index) => markup`<td data-stage="${head[index] ?? ''}">${cell}</td>`);
  return markup`<section><h2>${ASSURANCE_TITLE}</h2><div class="wide"><table class="matrix">
<thead><tr>${head.map((cell) => markup`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => markup`<tr>${cells(row)}</tr>
`,
  )}</tbody></table></div></section>`;
}

function findingList(result: ProbeResult): Markup {
  const found = allFindings(result);
  if (found.length === 0) return NOTHING;
  const items = found.map(
    ({ severity, code, host, detail, advice, reference, remedies = [] }) =>
      markup`<li class="${severity}"><strong>${severity}</strong> <code>${code}</code> ${host === undefined ? '' : `${showDomain(host)}: `}${detail}<p>${advice} <small>${reference}</small></p>${remedies.map(remedyPart)}</li>
`,
  );
  return markup`<section><h2>Findings</h2><ul class="findings">${items}</ul></section>`;
}

/** To be copied, so as it is. */
function remedyPart(remedy: Remedy): Markup {
  return markup`<details><summary>${remedyTitle(remedy)}</summary><pre>${remedy.text}</pre></details>`;
}

function hostSection(host: HostResult, result: ProbeResult): Markup {
  const chain = host.chain === null ? [] : chainLines(host.chain, Date.parse(result.startedAt));
  return markup`<section><h2>${serverCell(host)}</h2><p>${hostFacts(host, result.startedAt)}</p>
${folded('Chain', chain)}
${folded('Whose certificate is it?', identityLines(host))}
${folded('Deep scan', host.scan === undefined ? [] : scanLines(host.scan))}
${folded('Transcript', host.transcript.map(transcriptLine))}</section>`;
}

function folded(title: string, lines: readonly string[]): Markup {
  if (lines.length === 0) return NOTHING;
  return markup`<details><summary>${title}</summary><pre>${lines.join('\n')}</pre></details>`;
}

function listSection(title: string, lines: readonly string[]): Markup {
  if (lines.length === 0) return NOTHING;
  return markup`<section><h2>${title}</h2><ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul></section>`;
}
