/** The one-line formats of batches, byte for byte (R51): `text`, `csv`, `pager`, and `nagios` for monitoring systems. */
import { type ProbeResult, STAGES } from '../probe/result.ts';
import { cleanResult } from './clean.ts';
import { pieces, type Rendering } from './rendering.ts';
import { verdictSentence } from './wording.ts';

/** `100 ann@example.com`; a hyphen where nothing could be judged. */
export function textRendering(): Rendering {
  return pieces((unclean) => {
    const { confidence, target } = cleanResult(unclean);
    return `${confidence.value ?? '-'} ${target}\n`;
  });
}

/** `100,"ann@example.com"`, no header; the first column is empty where nothing could be judged. */
export function csvRendering(): Rendering {
  return pieces((unclean) => {
    const { confidence, target } = cleanResult(unclean);
    return `${confidence.value ?? ''},${quoted(target)}\n`;
  });
}

export const PAGER_HEADINGS = ['Addr', 'CF', 'Ans', 'Con', 'HELO', 'TLS', 'Cert', 'Sec', 'From', 'To'] as const;

/** The values of a pager row; a stage that nobody ran is 0 (R33). */
export function pagerCells(result: ProbeResult): readonly string[] {
  return [
    result.target,
    String(result.confidence.value ?? ''),
    ...STAGES.map((stage) => String(result.average[stage] ?? 0)),
  ];
}

export function pagerRendering(): Rendering {
  return {
    begin: () => `${PAGER_HEADINGS.join(',')}\n`,
    each: (unclean) => {
      const [target = '', ...cells] = pagerCells(cleanResult(unclean));
      return `${[PLAIN_FIELD.test(target) ? target : quoted(target), ...cells].join(',')}\n`;
    },
    end: () => '',
  };
}

/** What needs no quotes and cannot be taken for a formula. */
const PLAIN_FIELD = /^[^=+\-@\t",;\s][^",;\s]*$/;

/**
 * A CSV field in quotes, quotes doubled (RFC 4180). A spreadsheet would run a text that begins like a formula: an
 * apostrophe in front makes it a text again (R54).
 */
export function quoted(text: string): string {
  const harmless = /^[=+\-@\t\r|%]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

/** One line as monitoring plugins write it, with performance data; the exit code says the state. */
export function nagiosRendering(stateOf: (result: ProbeResult) => NagiosState): Rendering {
  return pieces((unclean) => {
    const result = cleanResult(unclean);
    const state = stateOf(unclean);
    const { value, maximum } = result.confidence;
    const score = value === null ? '' : `confidence ${value} of ${maximum}, `;
    const words = `${result.target}: ${score}${verdictSentence(result)}`.replaceAll('|', '/');
    const data = [
      ...(value === null ? [] : [`confidence=${value};;;0;${result.confidence.maximum}`]),
      `hosts=${result.hosts.length}`,
      `encrypted=${result.hosts.filter(({ verdict }) => verdict === 'encrypted').length}`,
      `time=${(result.elapsedMs / 1000).toFixed(3)}s`,
    ];
    return `TLSREACH ${NAGIOS_WORDS[state]} - ${words} | ${data.join(' ')}\n`;
  });
}

/** As plugins exit. */
export type NagiosState = 0 | 1 | 2 | 3;

const NAGIOS_WORDS: Readonly<Record<NagiosState, string>> = { 0: 'OK', 1: 'WARNING', 2: 'CRITICAL', 3: 'UNKNOWN' };
