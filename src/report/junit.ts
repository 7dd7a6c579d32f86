/** The format `junit`: one suite per target, one case per host and stage, for CI systems that collect such files. */
import { type ProbeResult, STAGES, type StageResult } from '../probe/result.ts';
import { cleanResult } from './clean.ts';
import { NEW_HEADINGS, serverCell } from './headings.ts';
import { type Markup, markup } from './markup.ts';
import type { Rendering } from './rendering.ts';
import { verdictSentence } from './wording.ts';

export function junitRendering(): Rendering {
  return {
    begin: () => '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tlsreach">\n',
    each: (result) => `${suite(cleanResult(result)).markup}\n`,
    end: () => '</testsuites>\n',
  };
}

function suite(result: ProbeResult): Markup {
  const { confidence, target, hosts, elapsedMs, startedAt } = result;
  const cases = hosts.flatMap((host) =>
    STAGES.filter((stage) => host.stages[stage].result !== 'not-tested').map((stage) => ({
      name: NEW_HEADINGS[stage],
      host: serverCell(host),
      cell: host.stages[stage],
    })),
  );
  const failures =
    cases.filter(({ cell }) => cell.result === 'fail').length + Number(!confidence.secure && confidence.value !== null);
  const skipped = cases.filter(({ cell }) => cell.result === 'not-run').length;
  const score =
    confidence.value === null
      ? markup`<error message="${verdictSentence(result)}"/>`
      : confidence.secure
        ? markup``
        : markup`<failure message="${`${confidence.value} of ${confidence.maximum}: ${verdictSentence(result)}`}"/>`;
  return markup`<testsuite name="${target}" tests="${cases.length + 1}" failures="${failures}" errors="${Number(confidence.value === null)}" skipped="${skipped}" time="${seconds(elapsedMs)}" timestamp="${startedAt.slice(0, 19)}">
<testcase classname="${target}" name="confidence" time="${seconds(elapsedMs)}">${score}</testcase>
${cases.map(
  ({
    name,
    host,
    cell,
  }) => markup`<testcase classname="${host}" name="${name}" time="${seconds(cell.ms ?? 0)}">${outcome(cell)}</testcase>
`,
)}</testsuite>`;
}

function outcome({ result, code, detail }: StageResult): Markup {
  if (result === 'fail') return markup`<failure type="${code ?? 'fail'}" message="${detail ?? code ?? 'failed'}"/>`;
  return result === 'not-run' ? markup`<skipped/>` : markup``;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
