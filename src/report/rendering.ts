/** What a rendering is to those who use it: a beginning, one piece for every result, an end. */
import type { ProbeResult } from '../probe/result.ts';

export interface RenderOptions {
  /** Columns of a line, where the format has lines of a width. */
  readonly width: number;
  readonly colour: boolean;
  /** Headings of the older generation in the matrix (R34). */
  readonly oldHeadings: boolean;
  /** More than one result will come. */
  readonly many: boolean;
}

export interface Rendering {
  begin(): string;
  each(result: ProbeResult): string;
  end(): string;
}

/** A format that is nothing but its pieces. */
export function pieces(each: (result: ProbeResult) => string): Rendering {
  return { begin: () => '', each, end: () => '' };
}

export const FORMATS = [
  'table',
  'detail',
  'json',
  'ndjson',
  'csv',
  'pager',
  'pager-html',
  'text',
  'xml',
  'xml-score',
  'xml-matrix',
  'xml-detail',
  'html',
  'markdown',
  'junit',
  'sarif',
  'openmetrics',
  'nagios',
] as const;

export type Format = (typeof FORMATS)[number];

/** Rows that name their target can be written as they finish; what people read keeps the order of the input. */
export function keepsOrder(format: Format): boolean {
  return !['ndjson', 'csv', 'pager', 'pager-html', 'text', 'nagios', 'openmetrics', 'xml', 'xml-score'].includes(
    format,
  );
}
