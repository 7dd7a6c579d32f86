/** One result in every format that the command line writes, with the media type of each. */
import { VERSION } from '../base/version.ts';
import { DEFAULT_MIN, nagiosState } from '../probe/gates.ts';
import type { ProbeResult } from '../probe/result.ts';
import { FORMATS, type Format } from '../report/rendering.ts';
import { loadRendering } from '../report/renderings.ts';

export function formatsOf(): readonly Format[] {
  return FORMATS;
}

/** Whom each format is for; a format that is added has to find its place here. */
export const FORMAT_GROUPS = {
  forPeople: ['html', 'markdown', 'detail', 'table', 'text', 'pager', 'pager-html'],
  forScripts: ['json', 'ndjson', 'csv', 'xml', 'xml-score', 'xml-matrix', 'xml-detail'],
  forChecks: ['junit', 'sarif', 'openmetrics', 'nagios'],
} as const satisfies Readonly<Record<string, readonly Format[]>>;

export const TYPE_OF: Partial<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
  'pager-html': 'text/html; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
  'xml-score': 'application/xml; charset=utf-8',
  'xml-matrix': 'application/xml; charset=utf-8',
  'xml-detail': 'application/xml; charset=utf-8',
  junit: 'application/xml; charset=utf-8',
  sarif: 'application/sarif+json; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
};

const GATES = { min: DEFAULT_MIN, expect: [], perTarget: new Map(), baselineOf: () => null } as const;

export async function renderAs(format: Format, result: ProbeResult): Promise<string> {
  const rendering = await loadRendering({
    format,
    version: VERSION,
    width: 100,
    colour: false,
    oldHeadings: false,
    many: false,
    nagiosStateOf: (each) => nagiosState(each, GATES),
  });
  return rendering.begin() + rendering.each(result) + rendering.end();
}
