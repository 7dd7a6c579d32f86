/** From the name of a format to its rendering. Each is loaded when it is asked for, so that a probe starts quickly. */
import type { NagiosState } from './lines.ts';
import type { Format, Rendering, RenderOptions } from './rendering.ts';

export interface RenderingRequest extends RenderOptions {
  readonly format: Format;
  /** Of this program, where a format names it. */
  readonly version: string;
  /** For `nagios`: what the gates say of a result. */
  readonly nagiosStateOf: (result: Parameters<Rendering['each']>[0]) => NagiosState;
}

/** The rendering of a format, fresh: it may keep count of what it has written. */
export async function loadRendering(request: RenderingRequest): Promise<Rendering> {
  switch (request.format) {
    case 'table':
      return (await import('./table.ts')).tableRendering(request);
    case 'detail':
      return (await import('./detail.ts')).detailRendering(request);
    case 'json':
      return (await import('./json.ts')).jsonRendering(request);
    case 'ndjson':
      return (await import('./json.ts')).ndjsonRendering();
    case 'csv':
      return (await import('./lines.ts')).csvRendering();
    case 'text':
      return (await import('./lines.ts')).textRendering();
    case 'pager':
      return (await import('./lines.ts')).pagerRendering();
    case 'pager-html':
      return (await import('./html.ts')).pagerHtmlRendering();
    case 'html':
      return (await import('./html.ts')).htmlRendering(request);
    case 'markdown':
      return (await import('./markdown.ts')).markdownRendering(request);
    case 'junit':
      return (await import('./junit.ts')).junitRendering();
    case 'nagios':
      return (await import('./lines.ts')).nagiosRendering(request.nagiosStateOf);
    case 'xml':
    case 'xml-score':
    case 'xml-matrix':
    case 'xml-detail':
      return (await import('./xml.ts')).xmlRendering(request.format, request);
    case 'sarif':
      return (await import('./sarif.ts')).sarifRendering(request.version);
    case 'openmetrics':
      return (await import('./openmetrics.ts')).openMetricsRendering();
  }
}
